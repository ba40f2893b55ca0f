import { UserError } from '../kit/errors.ts';
import { lastLines, safeLine } from '../kit/text.ts';
import { keyscan, pinnedFingerprints } from './known-hosts.ts';
import type { Target } from './target.ts';

/**
 * What ssh meant when it ended with 255: told apart by its own words (OpenSSH, ssh.c, sshconnect.c, packet.c), which have been
 * stable for decades. They stand among the words of programs on the host, so only lines as ssh writes them count.
 */
export function explainSsh(stderr: string, target: Target, knownHosts: string): UserError {
  const said = lastLines(stderr, 1).map(safeLine).join(' ');
  const problem = (id: string, message: string, fix: string, value = target.text): UserError =>
    new UserError({
      id,
      message: `${message}${said === '' ? '' : ` ssh said: ${said}`}`,
      value,
      fix,
    });

  const changed = stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED');
  if (changed || /^Host key verification failed|^No .*host key is known for/m.test(stderr)) {
    const expected = pinnedFingerprints(knownHosts, target);
    const offered =
      /SHA256:[A-Za-z0-9+/]+/.exec(stderr)?.[0] ?? 'a key of a type that is not pinned';
    if (expected.length === 0 && !changed) {
      return problem(
        'host-key-not-pinned',
        `The pinned keys have none for ${target.host}.`,
        `Add the output of "${keyscan(target)}" to ssh-known-hosts, after comparing its fingerprint with the host's own.`,
      );
    }
    return problem(
      'host-key-changed',
      `The host offers another key than the pinned one: expected ${expected.join(' or ') || 'another'}, offered ${offered}.`,
      `Find out why before anything else: a reinstalled host, or somebody in between. Then pin the new key: ${keyscan(target)}`,
    );
  }
  if (
    /^\S+@\S+: Permission denied \(|^Received disconnect from .*: Too many authentication failures/m.test(
      stderr,
    )
  ) {
    return problem(
      'ssh-auth-failed',
      `The host does not accept this key for the user ${target.user}.`,
      `Add the public key to ~${target.user}/.ssh/authorized_keys on the host, and check user and key.`,
    );
  }
  if (/^ssh: connect to host .*: Connection refused/m.test(stderr)) {
    return problem(
      'host-refused',
      'The host answers, but nothing listens on that port.',
      `Check the port (${target.port}) and that sshd runs: systemctl status ssh`,
    );
  }
  if (
    /^ssh: connect to host |^ssh: Could not resolve hostname |^Connection timed out during banner exchange/m.test(
      stderr,
    )
  ) {
    return problem(
      'host-unreachable',
      'The host cannot be reached.',
      'Check its name, its firewall, and that it is up.',
    );
  }
  return problem(
    'connection-dropped',
    'The connection to the host was lost.',
    'Run the step again; if it recurs, look into the log of sshd on the host.',
  );
}
