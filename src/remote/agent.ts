import { connect } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../kit/clock.ts';
import { UserError } from '../kit/errors.ts';
import { run, start } from '../kit/process.ts';
import { saveAgent } from '../kit/state.ts';
import { lastLines, safeLine } from '../kit/text.ts';
import { sshMissing } from './client.ts';
import { keyInvalid, readKey } from './key.ts';

/** An ssh-agent that belongs to this run alone. */
export interface Agent {
  readonly socket: string;
  /** The public halves of its keys, in the order of {@link startAgent}. */
  publicKeys(): Promise<readonly string[]>;
  stop(): void;
}

/** A private key, and the input that it came from. */
export interface Key {
  readonly input: string;
  readonly text: string;
}

/**
 * Starts a private ssh-agent and hands it the keys over stdin: a key is never a file, never an argument.
 * @param folder private folder of this run
 * @throws UserError `ssh-missing`, `ssh-agent-failed`, `ssh-key-invalid`
 */
export async function startAgent(
  folder: string,
  keys: readonly Key[],
  clock: Clock,
): Promise<Agent> {
  const readable = keys.map(({ input, text }) => ({ input, text: readKey(text, input) }));
  const socket = join(folder, 'agent');
  const agent = start('ssh-agent', ['-D', '-a', socket], { env: { PATH: process.env.PATH } });
  const life = new AbortController();
  void agent.exit.catch(() => undefined).then(() => { life.abort(); }); // prettier-ignore
  if (agent.pid === undefined) throw sshMissing();
  saveAgent(agent.pid);
  let said = '';
  agent.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  while (!(await answers(socket))) {
    if (life.signal.aborted) throw agentFailed(said);
    await clock.sleep(5);
  }
  const env = { PATH: process.env.PATH, SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'never' };
  const stop = (): void => {
    agent.kill();
  };
  for (const { input, text } of readable) {
    const added = await run('ssh-add', ['-'], { input: text, env });
    if (added.code === 0) continue;
    stop();
    const [why = 'ssh-add refused it'] = lastLines(added.stderr, 1).map(safeLine);
    throw keyInvalid(input, why);
  }
  const publicKeys = async (): Promise<readonly string[]> =>
    (await run('ssh-add', ['-L'], { env })).stdout.trimEnd().split('\n');
  return { socket, publicKeys, stop };
}

/** Whether somebody listens. That the file exists says too little: it is there from `bind` on, and `listen` comes after. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket, () => { probe.destroy(); resolve(true); }); // prettier-ignore
    probe.on('error', () => { resolve(false); }); // prettier-ignore
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
