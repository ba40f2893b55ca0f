import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../kit/clock.ts';
import { UserError } from '../kit/errors.ts';
import { withoutInputs } from '../kit/inputs.ts';
import type { Log } from '../kit/log.ts';
import { type Running, start } from '../kit/process.ts';
import { type Agent, startAgent } from './agent.ts';
import { checkClient } from './client.ts';
import { commandRefused, explainSsh } from './failure.ts';
import { lastLines } from '../kit/text.ts';
import { knownHostsText } from './known-hosts.ts';
import { asProxyCommand, forwardTo } from './route.ts';
import type { Target } from './target.ts';

/** What a run brings along to log in. */
export interface Login {
  readonly key: string;
  /** The pinned keys of all hosts, the jump host's among them. */
  readonly knownHosts: string | undefined;
  /** The host through which all others are reached; without a key of its own it gets the same one. */
  readonly jump: { readonly target: Target; readonly key: string | undefined } | undefined;
  /** How the first host on the way is reached, where no plain connection leads there; see readProxyCommand. */
  readonly proxyCommand: string | undefined;
}

/** How to get onto the hosts: an agent that holds the key, the pinned host keys, and the way. Shared by all hosts of a run. */
export interface Access {
  readonly folder: string;
  readonly agent: Agent;
  readonly knownHosts: string;
  readonly knownHostsFile: string;
  /** Files with the public half of the key for a host and for the jump host, where they differ: each is offered its own alone. */
  readonly identities: readonly [host: string, jump: string] | undefined;
  readonly jump: Target | undefined;
  readonly proxyCommand: string | undefined;
}

/** Prepares access; see {@link checkClient}, {@link knownHostsText} and {@link startAgent} for what it throws. */
export async function openAccess(
  folder: string,
  { key, knownHosts: pinned, jump, proxyCommand }: Login,
  targets: readonly Target[],
  clock: Clock,
): Promise<Access> {
  const knownHosts = knownHostsText(pinned, jump ? [jump.target, ...targets] : targets);
  const knownHostsFile = join(folder, 'known_hosts');
  writeFileSync(knownHostsFile, knownHosts, { mode: 0o600 });
  await checkClient();
  const keys = [{ input: 'ssh-key', text: key }];
  if (jump?.key !== undefined) keys.push({ input: 'ssh-jump-key', text: jump.key });
  const agent = await startAgent(folder, keys, clock);
  const identities = [join(folder, 'host.pub'), join(folder, 'jump.pub')] as const;
  if (keys.length > 1) {
    const [own = '', other = own] = await agent.publicKeys();
    writeFileSync(identities[0], `${own}\n`);
    writeFileSync(identities[1], `${other}\n`);
  }
  return {
    folder,
    agent,
    knownHosts,
    knownHostsFile,
    identities: keys.length > 1 ? identities : undefined,
    jump: jump?.target,
    proxyCommand,
  };
}

/** What holds for every ssh. No configuration of the runner's own is read: what holds stands here. */
function common(access: Access, identity: string | undefined, more: readonly string[]): string[] {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    `UserKnownHostsFile="${access.knownHostsFile}"`,
    'GlobalKnownHostsFile=/dev/null',
    `IdentityAgent="${access.agent.socket}"`,
    ...(identity === undefined
      ? ['IdentityFile=none']
      : [`IdentityFile="${identity}"`, 'IdentitiesOnly=yes']),
    'PreferredAuthentications=publickey',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'ClearAllForwardings=yes',
    ...more,
  ];
  return ['-F', '/dev/null', '-T', ...options.flatMap((option) => ['-o', option])];
}

function place({ host, port, user }: Target): string[] {
  return ['-p', String(port), '-l', user, '--', host];
}

/**
 * The arguments of ssh.
 * @param jumpLog file for what the ssh to the jump host has to say: only so can its words be told from those of this one
 */
export function sshArguments(
  target: Target,
  access: Access,
  command: string,
  jumpLog: string,
): string[] {
  const { jump, identities } = access;
  const through = access.proxyCommand === undefined ? [] : [`ProxyCommand=${access.proxyCommand}`];
  // The program is plain text of some ten kilobytes: compressed, it arrives with the first packets.
  const own = ['Compression=yes'];
  if (jump === undefined)
    return [
      ...common(access, undefined, ['ConnectTimeout=15', ...own, ...through]),
      ...place(target),
      command,
    ];
  const hop = asProxyCommand([
    ...['ssh', ...common(access, identities?.[1], ['ConnectTimeout=15', ...through])],
    ...['-E', jumpLog, '-W', forwardTo(target), ...place(jump)],
  ]);
  // It includes the way to the jump host, and must not end before that one could say what is wrong.
  const patience = 'ConnectTimeout=30';
  return [
    ...common(access, identities?.[0], [patience, ...own, `ProxyCommand=${hop}`]),
    ...place(target),
    command,
  ];
}

/** The exit code of ssh itself (ssh(1), EXIT STATUS). */
const SSH_FAILED = 255;

/** One SSH connection with one remote command, whose stdin and stdout are ours. */
export interface Connection {
  readonly process: Running;
  /** Why the connection ended, in a person's words. Call it after the process has ended. */
  failure(): UserError;
  /** The same when another program has answered than the command that was asked for: with these lines, or not at all. */
  refusal(code: number | null, lines: readonly string[]): UserError;
}

/** Starts the command; whether the connection comes about shows in its first line of output. */
export function connect(target: Target, access: Access, command: string): Connection {
  const jumpLog = join(access.folder, `jump-${randomBytes(4).toString('hex')}.log`);
  const process_ = start('ssh', sshArguments(target, access, command, jumpLog), {
    env: environment(access),
  });
  let stderr = '';
  process_.stderr
    .setEncoding('utf8')
    .on('data', (chunk: string) => (stderr = `${stderr}${chunk}`.slice(-20_000)));
  const failure = (): UserError => {
    const jump = existsSync(jumpLog) ? readFileSync(jumpLog, 'utf8') : '';
    return explainSsh({ stderr, jump }, { ...access, target });
  };
  return {
    process: process_,
    failure,
    refusal: (code, lines) => {
      if (code === SSH_FAILED && stderr !== '') return failure();
      const how = code === null ? 'it did not answer' : `it ended with exit code ${code}`;
      return commandRefused(target, how, [...lines, ...lastLines(stderr, 1)]);
    },
  };
}

/** A proxy command may need what the step has set for it, such as a token; ssh itself needs next to nothing. */
function environment({ proxyCommand }: Access): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  const { SSH_AUTH_SOCK: _, ...step } = withoutInputs(process.env);
  const own = proxyCommand === undefined ? {} : step;
  return { ...own, PATH, HOME, LC_ALL: 'C', SHELL: '/bin/sh' };
}

/** Failures after which another attempt may help, as long as nothing was changed. */
export function worthRetrying(error: unknown): boolean {
  return (
    error instanceof UserError &&
    ['host-unreachable', 'host-refused', 'connection-dropped', 'ssh-proxy-failed'].includes(
      error.id,
    )
  );
}

/** Tells about a pause between attempts. */
export function sayRetry(log: Log, target: Target): (error: unknown, pauseMs: number) => void {
  return (error, pauseMs) => {
    log.info(
      `${target.text}: ${error instanceof Error ? error.message : ''} Trying again in ${(pauseMs / 1000).toFixed(1)} s.`,
    );
  };
}
