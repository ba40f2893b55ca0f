import { getExecOutput } from '@actions/exec';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../kit/clock.ts';
import { UserError } from '../kit/errors.ts';
import { start } from '../kit/process.ts';
import { saveAgent } from '../kit/state.ts';
import { lastLines, safeLine } from '../kit/text.ts';

/** An ssh-agent that belongs to this run alone. */
export interface Agent {
  readonly socket: string;
  stop(): void;
}

/**
 * Starts a private ssh-agent and hands it the key over stdin: the key is never a file, never an argument.
 * @param folder private folder of this run
 * @param key the private key, ending in a newline
 * @throws UserError `ssh-missing`, `ssh-agent-failed`, `ssh-key-invalid`
 */
export async function startAgent(folder: string, key: string, clock: Clock): Promise<Agent> {
  const socket = join(folder, 'agent');
  const agent = start('ssh-agent', ['-D', '-a', socket], { env: { PATH: process.env.PATH } });
  const life = new AbortController();
  void agent.exit.catch(() => undefined).then(() => { life.abort(); }); // prettier-ignore
  if (agent.pid === undefined) throw sshMissing();
  saveAgent(agent.pid);
  let said = '';
  agent.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  while (!existsSync(socket)) {
    if (life.signal.aborted) throw agentFailed(said);
    await clock.sleep(5);
  }
  const added = await getExecOutput('ssh-add', ['-q', '-'], {
    input: Buffer.from(key),
    env: { PATH: process.env.PATH ?? '', SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'never' },
    silent: true,
    ignoreReturnCode: true,
  });
  const stop = (): void => {
    agent.kill();
  };
  if (added.exitCode !== 0) {
    stop();
    throw new UserError({
      id: 'ssh-key-invalid',
      message: `The private key cannot be used: ${added.stderr.trim().split('\n').at(-1) ?? 'ssh-add refused it'}`,
      value: 'ssh-key',
      fix: 'Store the whole private key, with its BEGIN and END lines, in the secret. A key with a passphrase cannot be used; make one for this purpose: ssh-keygen -t ed25519 -N "" -f deploy-key',
    });
  }
  return { socket, stop };
}

function sshMissing(): UserError {
  return new UserError({
    id: 'ssh-missing',
    message: 'This runner has no OpenSSH client.',
    value: 'ssh-agent',
    fix: 'Install it, for example: sudo apt-get install -y openssh-client',
  });
}

function agentFailed(said: string): UserError {
  return new UserError({
    id: 'ssh-agent-failed',
    message: `The ssh-agent ended before it was ready: ${lastLines(said, 1).map(safeLine).join('')}`,
    value: 'ssh-agent',
    fix: "Check that the runner's temporary folder (RUNNER_TEMP) can be written and has room.",
  });
}
