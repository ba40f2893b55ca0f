import { UserError } from '../kit/errors.ts';
import { lastLines, safeLine } from '../kit/text.ts';
import { keyProblem } from './host-key.ts';
import type { Target } from './target.ts';

/** How an ssh has ended, and what was said meanwhile. */
export interface Ended {
  /** ssh's own words, and those of programs on the host and of a proxy command. */
  readonly stderr: string;
  /** What the ssh to the jump host had to say, alone. */
  readonly jump: string;
}

/** The way to a host. */
export interface Way {
  readonly target: Target;
  readonly knownHosts: string;
  readonly jump: Target | undefined;
  readonly proxyCommand: string | undefined;
}

/** One host on the way, and what ssh said about it. */
interface Hop {
  readonly said: string;
  readonly target: Target;
  /** As people call it. */
  readonly name: 'host' | 'jump host';
  readonly knownHosts: string;
}

/**
 * What ssh says, told apart by its own words (OpenSSH, ssh.c, sshconnect.c, packet.c, channels.c), which have been stable for decades.
 * They stand among the words of programs on the host, so only lines as ssh writes them count.
 */
const WORDS = {
  denied:
    /^\S+@\S+: Permission denied \((.*)\)|^Received disconnect from .*: Too many authentication failures/m,
  algorithm: /^Unable to negotiate with .*: no matching (.+) found\. Their offer: (.+)/m,
  refused: /^ssh: connect to host .*: Connection refused/m,
  unreachable:
    /^ssh: connect to host |^ssh: Could not resolve hostname |^Connection timed out during banner exchange/m,
  // The second when ssh finds out by writing.
  silent:
    /^kex_exchange_identification: |^banner exchange: |^Connection timed out during banner exchange/m,
  dropped: /^kex_exchange_identification: |^Connection (closed|reset) by |^Timeout, server /m,
  forbidden: /^channel \d+: open failed: (administratively prohibited|unknown channel type)/m,
  noSession: /^channel 0: open failed: /m,
  beyond: /^channel \d+: open failed: connect failed: (.*)/m,
};

/** Why ssh ended: at the host, at the jump host or between the two, in a person's words. */
export function explainSsh(ended: Ended, way: Way): UserError {
  const { target, knownHosts, jump, proxyCommand } = way;
  const host: Hop = { said: ended.stderr, target, name: 'host', knownHosts };
  const hop: Hop | undefined = jump && {
    said: ended.jump.replace(/^stdio forwarding failed\r?\n/m, ''),
    target: jump,
    name: 'jump host',
    knownHosts,
  };
  const first = hop ?? host;
  return (
    refusedLogin(host) ??
    (hop && (refusedLogin(hop) ?? refusedForwarding(hop, target))) ??
    (proxyCommand === undefined ? undefined : proxyProblem(first, ended.stderr)) ??
    (hop && (networkProblem(hop) ?? (WORDS.dropped.test(hop.said) ? dropped(hop) : undefined))) ??
    networkProblem(host, jump) ??
    dropped(host)
  );
}

function problem(id: string, { said, target }: Hop, message: string, fix: string): UserError {
  const [last] = lastLines(said, 1).map(safeLine);
  const quoted = last === undefined ? '' : ` ssh said: ${last}`;
  return new UserError({ id, message: `${message}${quoted}`, value: target.text, fix });
}

/** A host that answered and did not let us in, or that we did not trust. */
function refusedLogin(hop: Hop): UserError | undefined {
  const { said, target, name } = hop;
  const key = keyProblem(hop);
  if (key) return problem(key.id, hop, key.message, key.fix);
  const [, what, offer] = WORDS.algorithm.exec(said) ?? [];
  if (what !== undefined)
    return problem(
      'ssh-no-common-algorithm',
      hop,
      `The ${name} and the OpenSSH of this runner have no ${what} in common.`,
      `It offers ${safeLine(offer ?? 'others')}. Compare with what the runner has (ssh -Q HostKeyAlgorithms, kex, cipher, mac), and update the older of the two.`,
    );
  if (name === 'host' && WORDS.noSession.test(said))
    return commandRefused(target, 'sshd gave it no session (MaxSessions)', []);
  const [denied, methods] = WORDS.denied.exec(said) ?? [];
  if (denied === undefined) return undefined;
  if (methods !== undefined && !methods.split(',').includes('publickey'))
    return problem(
      'ssh-key-not-enough',
      hop,
      `The ${name} does not let the user ${target.user} in with a key alone: it wants ${methods || 'something else'}.`,
      `Let this user log in with a key, in /etc/ssh/sshd_config: PubkeyAuthentication yes, and no AuthenticationMethods that ask for more (Match User ${target.user}); then: systemctl reload ssh`,
    );
  const root = target.user === 'root' ? ', and PermitRootLogin prohibit-password' : '';
  return problem(
    'ssh-auth-failed',
    hop,
    `The ${name} does not accept this key for the user ${target.user}.`,
    `Add the public key to ~${target.user}/.ssh/authorized_keys on the ${name}, and check user and key${root}.`,
  );
}

/** A jump host that let us in, and does not lead on. */
function refusedForwarding(hop: Hop, target: Target): UserError | undefined {
  if (WORDS.forbidden.test(hop.said))
    return problem(
      'ssh-jump-forbidden',
      hop,
      `The jump host does not lead on to ${target.text}.`,
      `Allow it in the jump host's /etc/ssh/sshd_config: AllowTcpForwarding local, PermitOpen ${target.host}:${target.port}, no DisableForwarding; and no "restrict" or "no-port-forwarding" before the key in authorized_keys (or "restrict,port-forwarding").`,
    );
  const [, why] = WORDS.beyond.exec(hop.said) ?? [];
  if (why === undefined) return undefined;
  const beyond = { ...hop, target, name: 'host' as const };
  return why.startsWith('Connection refused')
    ? refused(beyond)
    : unreachable(beyond, ' from the jump host');
}

/** A proxy command after which no SSH server answered. */
function proxyProblem(hop: Hop, stderr: string): UserError | undefined {
  if (!WORDS.silent.test(hop.said)) return undefined;
  const own = stderr
    .split(/\r?\n/)
    .filter((line) => !/^(kex_exchange|banner exchange|Connection )/.test(line));
  const words = lastLines(own.join('\n'), 2).map(safeLine).join(' / ');
  return new UserError({
    id: 'ssh-proxy-failed',
    message: `No SSH server answered through the proxy command.${words === '' ? '' : ` It said: ${words}`}`,
    value: hop.target.text,
    fix: 'Run the command of ssh-proxy-command on the runner, with host and port for %h and %p: it must print a line that begins with SSH-2.0. If it does, look into the log of sshd.',
  });
}

function networkProblem(hop: Hop, jump?: Target): UserError | undefined {
  if (WORDS.refused.test(hop.said)) return refused(hop);
  if (!WORDS.unreachable.test(hop.said)) return undefined;
  return unreachable(hop, jump ? ' from the jump host' : '');
}

function refused(hop: Hop): UserError {
  return problem(
    'host-refused',
    hop,
    `The ${hop.name} answers, but nothing listens on that port.`,
    `Check the port (${hop.target.port}) and that sshd runs: systemctl status ssh`,
  );
}

function unreachable(hop: Hop, from: string): UserError {
  return problem(
    'host-unreachable',
    hop,
    `The ${hop.name} cannot be reached${from}.`,
    'Check its name, its firewall, and that it is up.',
  );
}

function dropped(hop: Hop): UserError {
  return problem(
    'connection-dropped',
    hop,
    `The connection to the ${hop.name} was lost.`,
    `Run the step again; if it recurs, look into the log of sshd on the ${hop.name}: MaxStartups, PerSourcePenalties or fail2ban may turn this runner away.`,
  );
}

/**
 * Something else answered than our program: a forced command, a shell that is none, or one that reads its input itself.
 * @param lines what came instead
 */
export function commandRefused(target: Target, how: string, lines: readonly string[]): UserError {
  const said = lines.filter((line) => line.trim() !== '').map(safeLine);
  const quoted = said
    .slice(0, 3)
    .map((line) => line.slice(0, 200))
    .join(' / ');
  return new UserError({
    id: 'ssh-command-refused',
    message: `The host let the user ${target.user} in, but did not run what it was asked to: ${how}.${quoted === '' ? '' : ` It said: ${quoted}`}`,
    value: target.text,
    fix: `Give Slipway a user with an ordinary shell (getent passwd ${target.user}), without ForceCommand in sshd_config, without command="..." before its key in authorized_keys, and without "exec" or "read" in its login files.`,
  });
}
