import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from '../../../src/kit/process.ts';
import { hello, helloEnv, type Hello } from '../../lab/hello.ts';
import { type Host, pinned, targetAt } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { startLoad } from '../../lab/load.ts';
import { startRelay } from '../../lab/relay.ts';
import { runStep, type StepResult } from '../../runner/runner.ts';

const ROOT = '/home/deploy/slipway/hello/staging';

let lab: Lab;
let host: Host;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('faults');
  system = hello(lab);
  for (const version of ['v1', 'v2', 'v3', 'v4', 'v5'])
    await system.build(version, { record: `${version}.json` });
  expect((await deploy('v1')).exitCode).toBe(0);
});

afterAll(async () => {
  await lab.close();
});

function deploy(
  version: string,
  options: {
    via?: { target: string; knownHosts: string };
    boot?: string;
    onMain?: (main: Running) => void;
    onLine?: (line: string) => void;
  } = {},
): Promise<StepResult> {
  return runStep({
    action: 'actions/ssh-deploy',
    workspace: system.workspace,
    inputs: {
      ...system.inputs(host, options.via),
      release: `${version}.json`,
      version,
      env: helloEnv({ BOOT_MS: options.boot ?? '300' }),
    },
    ...(options.onMain && { onMain: options.onMain }),
    ...(options.onLine && { onLine: options.onLine }),
  });
}

interface Entry {
  readonly tx: string;
  readonly outcome: string;
  readonly version: string;
  readonly serving: string;
  readonly services: Readonly<Record<string, string>>;
}

async function ledger(): Promise<Entry[]> {
  return (await host.exec(`cat ${ROOT}/history.ndjson`))
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

/** Waits until the host itself has brought every transaction to its end. */
async function settled(): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const open = await host.exec(
      `cd ${ROOT}/journal && for f in *; do case $f in *.*) ;; *) grep -q '^end' "$f" || echo "$f";; esac; done`,
    );
    if (open === '') return;
    await sleep(100);
  }
  throw new Error('a transaction stayed open');
}

/** One terminal entry for the version, what it says runs, and users reach it. */
async function expectServed(version: string): Promise<void> {
  const entries = await ledger();
  expect(entries.filter((entry) => entry.version === version)).toHaveLength(1);
  const last = entries.at(-1);
  expect(last?.outcome).toBe('deployed');
  const running = await host.exec(
    `docker inspect --format '{{.Config.Image}}' $(docker ps -q --filter label=com.docker.compose.service=web)`,
  );
  expect(running).toBe(last?.services.web);
  expect(await host.exec(`readlink ${ROOT}/current`)).toBe(`releases/${last?.serving ?? ''}`);
  expect((await fetch(host.url('/'))).status).toBe(200);
}

describe('a release goes on without its runner', () => {
  test('the runner is killed right after the switch', async () => {
    const load = await startLoad({
      streams: [{ url: host.url('/'), perSecond: 100, connections: 'fresh' }],
    });
    let main: Running | undefined;
    const result = await deploy('v2', {
      onMain: (child) => (main = child),
      onLine: (line) => {
        if (line.endsWith(': switched')) main?.kill('SIGKILL');
      },
    });
    expect(result.signal).toBe('SIGKILL');
    expect(result.leftovers).toEqual([]);
    await settled();
    await expectServed('v2');
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });

  test('the connection is dropped during the health wait', async () => {
    const relay = await startRelay(host.at(22));
    const load = await startLoad({
      streams: [{ url: host.url('/'), perSecond: 100, connections: 'fresh' }],
    });
    const place = { host: '127.0.0.1', port: relay.port };
    const via = { target: targetAt(place), knownHosts: pinned(place, host.key) };
    const result = await deploy('v3', {
      via,
      boot: '3000',
      onLine: (line) => {
        if (line.endsWith(': prepared')) setTimeout(() => { relay.drop(); }, 1_000); // prettier-ignore
      },
    });
    await relay.stop();
    expect(result.log).toContain('the host carries on by itself');
    expect(result.exitCode).toBe(0);
    await expectServed('v3');
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });

  test('the next deploy works', async () => {
    expect((await deploy('v4')).exitCode).toBe(0);
    await expectServed('v4');
  });
});

test('the process on the host is killed: the old release serves, and the next deploy settles it first', async () => {
  let killed: Promise<string> | undefined;
  const result = await deploy('v5', {
    boot: '5000',
    onLine: (line) => {
      if (line.endsWith(': prepared'))
        killed = sleep(1_500).then(() => host.exec(`pkill -9 -f '[c]at program'`));
    },
  });
  await killed;
  // The runner saw the process die and had the host's own rule undo what was begun.
  expect(result.outputs).toMatchObject({ outcome: 'aborted', 'serving-version': 'v4' });
  expect(
    (await ledger()).filter(({ version }) => version === 'v5').map(({ outcome }) => outcome),
  ).toEqual(['aborted']);
  expect(
    await host.exec('docker ps -aq --filter label=com.docker.compose.service=web | wc -l'),
  ).toBe('1');
  expect((await deploy('v5')).exitCode).toBe(0);
});

test('the host is switched off and on: it serves the same release again', async () => {
  const before = await host.exec(`readlink ${ROOT}/current`);
  await host.powerCycle();
  let status = 0;
  for (let tries = 0; tries < 100 && status !== 200; tries += 1) {
    await sleep(100);
    status = await fetch(host.url('/')).then((response) => response.status, () => 0); // prettier-ignore
  }
  expect(status).toBe(200);
  expect(await host.exec(`readlink ${ROOT}/current`)).toBe(before);
});
