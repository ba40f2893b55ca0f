import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../kit/clock.ts';
import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { type Running, start } from '../kit/process.ts';
import { type Agent, startAgent } from './agent.ts';
import { explainSsh } from './failure.ts';
import { knownHostsText } from './known-hosts.ts';
import type { Target } from './target.ts';

/** How to get onto the hosts: an agent that holds the key, and the pinned host keys. Shared by all hosts of a run. */
export interface Access {
  readonly agent: Agent;
  readonly knownHosts: string;
  readonly knownHostsFile: string;
}

/** Prepares access; see {@link startAgent} and {@link knownHostsText} for what it throws. */
export async function openAccess(
  folder: string,
  key: string,
  pinned: string | undefined,
  targets: readonly Target[],
  clock: Clock,
): Promise<Access> {
  const knownHosts = knownHostsText(pinned, targets);
  const knownHostsFile = join(folder, 'known_hosts');
  writeFileSync(knownHostsFile, knownHosts, { mode: 0o600 });
  return { agent: await startAgent(folder, key, clock), knownHosts, knownHostsFile };
}

/** The arguments of ssh. No configuration of the runner's own is read: what holds stands here. */
export function sshArguments(target: Target, access: Access, command: string): string[] {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    `UserKnownHostsFile="${access.knownHostsFile}"`,
    'GlobalKnownHostsFile=/dev/null',
    `IdentityAgent="${access.agent.socket}"`,
    'IdentityFile=none',
    'PreferredAuthentications=publickey',
    'ConnectTimeout=15',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'ClearAllForwardings=yes',
    // The program is plain text of some ten kilobytes: compressed, it arrives with the first packets.
    'Compression=yes',
  ];
  return [
    '-F', '/dev/null', '-T', ...options.flatMap((option) => ['-o', option]),
    '-p', String(target.port), '-l', target.user, '--', target.host, command,
  ]; // prettier-ignore
}

/** One SSH connection with one remote command, whose stdin and stdout are ours. */
export interface Connection {
  readonly process: Running;
  /** Why the connection ended, in a person's words. Call it after the process has ended. */
  failure(): UserError;
}

/** Starts the command; whether the connection comes about shows in its first line of output. */
export function connect(target: Target, access: Access, command: string): Connection {
  const process_ = start('ssh', sshArguments(target, access, command), {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C' },
  });
  let stderr = '';
  process_.stderr
    .setEncoding('utf8')
    .on('data', (chunk: string) => (stderr = `${stderr}${chunk}`.slice(-20_000)));
  return { process: process_, failure: () => explainSsh(stderr, target, access.knownHosts) };
}

/** Failures after which another attempt may help, as long as nothing was changed. */
export function worthRetrying(error: unknown): boolean {
  return (
    error instanceof UserError &&
    ['host-unreachable', 'host-refused', 'connection-dropped'].includes(error.id)
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
