import { beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/kit/clock.ts';
import { run } from '../../../src/kit/process.ts';
import { type Key, startAgent } from '../../../src/remote/agent.ts';
import { folderWith, ownEnvironment, problemIn } from '../kit/support.ts';

ownEnvironment();

let keys: string;
beforeAll(async () => {
  keys = folderWith();
  for (const [name, passphrase] of [
    ['plain', ''],
    ['locked', 'correct horse'],
  ] as const) {
    const args = ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', join(keys, name)];
    expect(await run('ssh-keygen', args)).toMatchObject({ code: 0 });
  }
});

const key = (name: string): string => readFileSync(join(keys, name), 'utf8');

const own = (text: string): Key => ({ input: 'ssh-key', text });

/** A folder for an agent, with the file in which its process id is left for post. */
function place(): { folder: string; savedPid: () => number } {
  const folder = folderWith({ state: '' });
  process.env.GITHUB_STATE = join(folder, 'state');
  return {
    folder,
    savedPid: () => Number(/\n(\d+)\n/.exec(readFileSync(join(folder, 'state'), 'utf8'))?.[1]),
  };
}

/** The same key with its last bytes changed, which only ssh-add can tell. */
function turned(text: string): string {
  const [begin = '', ...body] = text.trimEnd().split('\n');
  const bytes = Buffer.from(body.slice(0, -1).join(''), 'base64');
  return [begin, bytes.fill(0x55, 60, 90).toString('base64'), body.at(-1), ''].join('\n');
}

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && runs(pid); tries += 1) await systemClock.sleep(10);
  return !runs(pid);
}

describe('startAgent', () => {
  test('holds the key in memory until it is stopped; post knows its process', async () => {
    const { folder, savedPid } = place();
    const agent = await startAgent(folder, [own(key('plain'))], systemClock);
    const env = { PATH: process.env.PATH, SSH_AUTH_SOCK: agent.socket };
    const { stdout } = await run('ssh-add', ['-L'], { env });
    const line = readFileSync(join(keys, 'plain.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    expect(stdout.trimEnd().split('\n')).toEqual([expect.stringContaining(line)]);
    expect(agent.socket).toBe(join(folder, 'agent'));
    expect(runs(savedPid())).toBe(true);

    agent.stop();
    expect(await gone(savedPid())).toBe(true);
    expect(existsSync(agent.socket)).toBe(false);
    agent.stop();
  });

  test('the key is in no argument, no environment and no file', async () => {
    const { folder, savedPid } = place();
    process.env.SOME_SECRET = 'in the environment of the step';
    const agent = await startAgent(folder, [own(key('plain'))], systemClock);
    const about = (what: string): string => readFileSync(`/proc/${savedPid()}/${what}`, 'utf8');
    const body = key('plain').split('\n')[2] ?? '';
    expect(about('cmdline')).toContain('ssh-agent');
    expect(about('cmdline') + about('environ')).not.toContain(body);
    expect(about('environ')).not.toContain('SOME_SECRET');
    expect((await run('grep', ['-rlF', body, '-D', 'skip', folder])).stdout).toBe('');
    agent.stop();
    expect(await gone(savedPid())).toBe(true);
  });

  test('an agent that is slow to listen is waited for: its socket is there before it answers', async () => {
    const { folder } = place();
    const slow = folderWith({
      'ssh-agent': `#!/bin/sh
perl -MSocket -e 'socket(S,PF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un($ARGV[0])) or die; select(undef,undef,undef,0.5)' "$3"
rm "$3"
PATH=\${PATH#*:}
exec ssh-agent "$@"
`,
    });
    chmodSync(join(slow, 'ssh-agent'), 0o755);
    process.env.PATH = `${slow}:${process.env.PATH ?? ''}`;
    const agent = await startAgent(folder, [own(key('plain'))], systemClock);
    expect(await agent.publicKeys()).toHaveLength(1);
    agent.stop();
  });

  test.each([
    ['no key at all', () => 'hunter2\n'],
    ['an empty text', () => '\n'],
    ['half a key', () => `${key('plain').slice(0, 120)}\n`],
    ['a key with bytes turned over', () => turned(key('plain'))],
  ])('%s cannot be used, and the agent does not stay', async (_, text) => {
    const { folder, savedPid } = place();
    const problem = await problemIn(startAgent(folder, [own(text())], systemClock));
    expect(problem).toMatchObject({ id: 'ssh-key-invalid', value: 'ssh-key' });
    expect(problem.message).toMatch(/^The private key cannot be used: \S/);
    expect(problem.message).not.toContain('hunter2');
    expect(problem.fix).toContain('with its BEGIN and END lines');
    expect(problem.fix).toContain('ssh-keygen -t ed25519 -N ""');
    if (readFileSync(join(folder, 'state'), 'utf8') !== '')
      expect(await gone(savedPid())).toBe(true);
  });

  test('an agent that cannot start is not blamed on the key', async () => {
    const { folder } = place();
    const missing = join(folder, 'not-there');
    expect(await problemIn(startAgent(missing, [own(key('plain'))], systemClock))).toMatchObject({
      id: 'ssh-agent-failed',
      message: expect.stringMatching(/before it was ready: .*No such file/) as unknown,
      fix: expect.stringContaining('RUNNER_TEMP') as unknown,
    });
  });

  test('without OpenSSH it says how to install it', async () => {
    const { folder } = place();
    process.env.PATH = folder;
    expect(await problemIn(startAgent(folder, [own(key('plain'))], systemClock))).toMatchObject({
      id: 'ssh-missing',
      fix: expect.stringContaining('apt-get install -y openssh-client') as unknown,
    });
  });
});
