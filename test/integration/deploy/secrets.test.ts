import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { registry } from '../../lab/engine.ts';
import type { Running } from '../../../src/kit/process.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { get, hello, type Hello, helloEnv, ROOT } from './hello.ts';

/** Values of the release's environment; each way of writing one down. */
const PLANTED = {
  PLAIN_TOKEN: 'planted-plain-4f1c',
  QUOTED_TOKEN: "'planted quoted 8a2e'",
  DOUBLE_TOKEN: '"planted double 77d0"',
  ESCAPED_TOKEN: '"planted \\"escaped\\" c001"',
  LONG_TOKEN: '"planted begin 11c3\nplanted middle 3d7f\nplanted end 9e9e"',
};
const VALUES = [
  'planted-plain-4f1c',
  'planted quoted 8a2e',
  'planted double 77d0',
  'planted "escaped" c001',
  'planted middle 3d7f',
  'planted end 9e9e',
];

describe('secrets', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;
  /** What must be seen nowhere: parts of the key, the registry's password and what Docker makes of it. */
  let keys: string[];

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('secrets');
    system = hello(lab);
    const lines = Object.keys(PLANTED).map((name) => `      ${name}: \${${name}}\n`);
    system.edit('docker-compose.yml', '    environment:\n', `    environment:\n${lines.join('')}`);
    system.edit('docker-compose.yml', '${HEALTH_INTERVAL:-2s}', '1s');
    await system.build('v1');
    await system.build('v2', { broken: 'unhealthy' });
    const { username, password } = registry;
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    const body = lab.login.privateKey
      .split('\n')
      .filter((line) => line.length > 20 && !line.startsWith('-'));
    // The first line is the same in every key of this kind.
    keys = [...body.slice(1), password, basic];
    // Read twenty times a second on the host: what any user there could see with ps.
    await host.exec(
      `(while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo; sleep 0.03; done >/root/seen 2>/dev/null) & echo $! >/root/sampler`,
    );
  });

  afterAll(() => lab.close());

  /** Runs a step while every command line on the runner is looked at. */
  const watched = async (
    step: Promise<StepResult>,
  ): Promise<{ result: StepResult; seen: string }> => {
    const done = new AbortController();
    const seen = new Set<string>();
    const watch = (async () => {
      while (!done.signal.aborted) {
        for (const pid of readdirSync('/proc')) seen.add(commandLine(pid));
        await sleep(30);
      }
    })();
    const result = await step;
    done.abort();
    await watch;
    return { result, seen: [...seen].join('\n') };
  };

  const expectNone = (text: string, secrets: readonly string[]): void => {
    for (const secret of secrets)
      expect(text.includes(secret) ? `holds ${secret}` : 'clean').toBe('clean');
  };

  const deploy = (version: string, extra = ''): Promise<StepResult> =>
    system.deploy(host, version, { env: `${helloEnv(PLANTED)}\n${extra}` });

  for (const [version, exitCode] of [
    ['v1', 0],
    ['v2', 10],
  ] as const) {
    test(`${version} (exit code ${exitCode}) shows no secret in any command line, log, summary or output`, async () => {
      const { result, seen } = await watched(deploy(version));
      expect(result.exitCode).toBe(exitCode);
      expect(seen).toContain('ssh -F /dev/null');
      const shown = [result.log, result.summary, ...Object.values(result.outputs)].join('\n');
      expectNone(`${seen}\n${shown}`, [...keys, ...VALUES]);
      expect(result.leftovers).toEqual([]);
      await agentsEnd();
    });
  }

  test('no command line on the host held one', async () => {
    const seen = await host.exec('sort -u /root/seen');
    expect(seen).toContain('docker compose');
    expectNone(seen, [...keys, ...VALUES]);
  });

  test('keys and passwords are nowhere on the host, values only in the release file', async () => {
    const files = await filesWith(host, [...keys, ...VALUES]);
    expect(files).toEqual([`600 deploy ${ROOT}/releases/${await current(host)}/compose.json`]);
  });

  test('nothing is left after the main process was killed and post ran', async () => {
    system.again('v3', 'v1');
    let main: Running | undefined;
    const result = await system.deploy(
      host,
      'v3',
      { env: helloEnv({ ...PLANTED, BOOT_MS: '700' }) },
      {
        onMain: (started) => {
          main = started;
        },
        onLine: (line) => {
          if (line.endsWith(': prepared')) main?.kill('SIGKILL');
        },
      },
    );
    expect(result).toMatchObject({ signal: 'SIGKILL', postExitCode: 0, leftovers: [] });
    expectNone(`${result.log}${result.summary}`, [...keys, ...VALUES]);
    await agentsEnd();
    await host.exec(
      `until tail -n 1 ${ROOT}/history.ndjson | grep -q '"version":"v3"'; do sleep 0.1; done`,
    );
    expect(await get(host)).toContain('200 ');
    for (const file of await filesWith(host, [...keys, ...VALUES]))
      expect(file).toMatch(/^600 deploy \S+\/releases\/[^/]+\/compose\.json$/);
  });
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // It has ended in the meantime.
  }
}

/** Waits until no ssh-agent of ours runs whose folder is gone: those of other tests still have theirs. */
async function agentsEnd(): Promise<void> {
  const left = (): string[] =>
    readdirSync('/proc')
      .filter(
        (pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === process.getuid?.(),
      )
      .flatMap((pid) => /^ssh-agent -D -a (\S+)/.exec(commandLine(pid))?.[1] ?? [])
      .filter((socket) => !existsSync(socket));
  for (let tries = 0; tries < 100 && left().length > 0; tries += 1) await sleep(50);
  expect(left()).toEqual([]);
}

function current(host: Host): Promise<string> {
  return host.exec(`basename "$(readlink ${ROOT}/current)"`);
}

/**
 * The files of the host, outside Docker's own stores, that hold one of these texts: mode, owner, path. Docker hands a health check to
 * runc through a file runc-process*, root's alone and gone in a moment: that is one of its stores.
 */
async function filesWith(host: Host, secrets: readonly string[]): Promise<string[]> {
  const found = await host.exec(
    'cat >/dev/shm/.needles; grep -rlFf /dev/shm/.needles /home /root /tmp /var/tmp /var/log /run /dev/shm /etc --exclude=.needles --exclude=seen --exclude="runc-process*" --exclude-dir=docker -s | xargs -r stat -c "%a %U %n"; rm /dev/shm/.needles',
    `${secrets.join('\n')}\n`,
  );
  return found === '' ? [] : found.split('\n');
}
