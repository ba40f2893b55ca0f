import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { run, start } from '../../../src/kit/process.ts';
import { folderWith } from './support.ts';

const sh = (script: string, options = {}): ReturnType<typeof run> =>
  run('sh', ['-c', script], options);

describe('run', () => {
  test('an exit code is an answer', async () => {
    expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
      code: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
    });
  });

  test('a signal is told apart from an exit code', async () => {
    expect(await sh('kill -TERM $$')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  test('arguments arrive as they are: no shell reads them', async () => {
    const args = ['$(id)', '; ls', '"', 'a  b', '*', ''];
    const { stdout } = await run('printf', ['<%s>', ...args]);
    expect(stdout).toBe(args.map((arg) => `<${arg}>`).join(''));
  });

  test('input arrives as bytes and ends', async () => {
    const input = Buffer.alloc(300_000, 'äx');
    const { stdout } = await run('wc', ['-c'], { input });
    expect(stdout.trim()).toBe('300000');
    expect((await run('cat', [], { input: 'text' })).stdout).toBe('text');
  });

  test('characters that lie across two chunks stay whole', async () => {
    const { stdout } = await sh(`printf '\\303'; sleep 0.05; printf '\\244'`);
    expect(stdout).toBe('ä');
  });

  test('a program that reads nothing is judged by its exit code, not by EPIPE', async () => {
    const input = Buffer.alloc(4_000_000);
    expect(await sh('exec <&-; exit 7', { input })).toMatchObject({ code: 7 });
  });

  test('after the timeout it is killed', async () => {
    const started = Date.now();
    const { code, signal, timedOut } = await run('sleep', ['30'], { timeoutMs: 50 });
    expect({ code, signal, timedOut }).toEqual({ code: null, signal: 'SIGKILL', timedOut: true });
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('after the timeout, what it has started is gone too, however it clings to life', async () => {
    const { signal, stdout, timedOut } = await sh(
      `sh -c 'trap "" TERM INT HUP; echo $$; while :; do sleep 1; done' & wait`,
      { timeoutMs: 500 },
    );
    expect({ signal, timedOut }).toEqual({ signal: 'SIGKILL', timedOut: true });
    await expectGone(Number(stdout));
  });

  test('a program that is over, but has left something behind that keeps its output open', async () => {
    const { code, stdout, timedOut } = await sh('sleep 30 & echo $!', { timeoutMs: 500 });
    expect({ code, timedOut }).toEqual({ code: 0, timedOut: true });
    await expectGone(Number(stdout));
  });

  test('after the timeout, nobody waits for what has left the group', async () => {
    const started = Date.now();
    const { signal, stdout } = await sh('setsid sleep 4 & echo said; wait', { timeoutMs: 200 });
    expect({ signal, stdout }).toEqual({ signal: 'SIGKILL', stdout: 'said\n' });
    expect(Date.now() - started).toBeLessThan(3_500);
  });

  test('a program that ends in time is not touched', async () => {
    expect(await sh('exit 0', { timeoutMs: 10_000 })).toMatchObject({ code: 0, signal: null });
  });

  test('the environment is exactly what was given', async () => {
    const { stdout } = await run(process.execPath, ['-p', 'JSON.stringify(process.env)'], {
      env: { ONLY: 'this' },
    });
    expect(JSON.parse(stdout)).toEqual({ ONLY: 'this' });
  });

  test('it runs where it is told to', async () => {
    const cwd = folderWith();
    expect((await run('pwd', ['-P'], { cwd })).stdout).toBe(`${cwd}\n`);
  });

  test('a program that does not exist is an error', async () => {
    await expect(run('no-such-program-here', [])).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('start', () => {
  test('streams both ways while it runs', async () => {
    const child = start('cat', []);
    const first = new Promise<string>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      });
    });
    child.stdin.write('ping\n');
    expect(await first).toBe('ping\n');
    expect(child.pid).toBeGreaterThan(0);
    child.stdin.end();
    expect(await child.exit).toEqual({ code: 0, signal: null });
  });

  test.each([
    [undefined, 'SIGTERM'],
    ['SIGKILL', 'SIGKILL'],
    ['SIGINT', 'SIGINT'],
  ] as const)('kill(%s) ends it with %s', async (signal, ended) => {
    const child = start('sleep', ['30']);
    child.kill(signal);
    expect(await child.exit).toEqual({ code: null, signal: ended });
  });

  test('to kill what has ended does nothing', async () => {
    const child = start('true', []);
    await child.exit;
    child.kill();
    expect(await child.exit).toEqual({ code: 0, signal: null });
  });

  test('exit waits for the last word', async () => {
    const child = start('sh', ['-c', '(sleep 0.2; echo late) & exit 4']);
    const said = text(child.stdout);
    expect(await child.exit).toMatchObject({ code: 4 });
    expect(await said).toBe('late\n');
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not come true');
    await delay(10);
  }
}

/** Killed is not yet reaped: that is somebody else's, at his leisure. */
async function expectGone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(0);
  await until(() => {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return true;
    }
  });
}
