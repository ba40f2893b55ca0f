/**
 * Ours against `docker compose up -d --wait` over ssh: one service behind nginx, 100 requests a second, images already on the host.
 * Paired runs, one after the other on the same host; prints medians and the median of the ratios. `npm run bench:deploy [-- PAIRS]`
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker, registry, sh } from '../lab/engine.ts';
import { hello, helloEnv } from '../lab/hello.ts';
import { type Host, pinned, targetAt } from '../lab/host.ts';
import { openLab } from '../lab/lab.ts';
import { since, startLoad } from '../lab/load.ts';
import { startRelay } from '../lab/relay.ts';
import { runStep } from '../runner/runner.ts';

const PAIRS = Number(process.argv[2] ?? 5);
const PER_SECOND = 100;
const VERSIONS = ['v1', 'v2'] as const;

interface Run {
  readonly seconds: number;
  readonly failed: number;
  readonly sent: number;
  /** Seconds of each part, ours only. */
  readonly parts?: Readonly<Record<string, number>>;
}

const lab = await openLab();
try {
  const host = await lab.host('bench', { ports: [8080] });
  const system = hello(lab);
  const images: Record<string, string> = {};
  for (const version of VERSIONS)
    images[version] = await system.build(version, { record: `${version}.json` });
  const relay = await startRelay({ ...host.at(22), delayMs: 50 });
  const near = { target: host.target, knownHosts: host.knownHosts };
  const slow = { host: '127.0.0.1', port: relay.port };
  const far = { target: targetAt(slow), knownHosts: pinned(slow, host.key) };
  const plain = await plainCompose(host);
  console.log(
    `${PAIRS} pairs each; ${PER_SECOND} requests/s on both systems; the app boots in 0.3 s\n`,
  );
  const cases = [
    { network: 'loopback', via: near, drainMs: 0, interval: '2s' },
    { network: 'loopback', via: near, drainMs: 1_000, interval: '2s' },
    { network: 'loopback', via: near, drainMs: 0, interval: '5s' },
    { network: 'loopback', via: near, drainMs: 1_000, interval: '5s' },
    { network: '100 ms round trip', via: far, drainMs: 0, interval: '5s' },
    { network: '100 ms round trip', via: far, drainMs: 1_000, interval: '5s' },
  ];
  for (const { network, via, drainMs, interval } of cases) {
    const ours: Run[] = [];
    const theirs: Run[] = [];
    const setting = { DRAIN_MS: String(drainMs), HEALTH_INTERVAL: interval };
    const deploy = (version: string): Promise<Run> =>
      measured(host.url('/'), () => {
        const what = { release: `${version}.json`, version, env: helloEnv(setting) };
        return oursOnce({ ...system.inputs(host, via), ...what, 'allow-older': 'true' });
      });
    const up = (version: string): Promise<Run> =>
      measured(host.url('/', 8080), () => plain.up(images[version] ?? '', setting, via));
    await deploy('v1');
    await up('v1');
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const version = VERSIONS[(pair + 1) % 2] ?? 'v1';
      ours.push(await deploy(version));
      theirs.push(await up(version));
    }
    show(`${network}, ${drainMs / 1000} s drain, health check every ${interval}`, ours, theirs);
  }
  await relay.stop();

  /** The bundle as a step of a workflow, with the time of each part by its own log. */
  async function oursOnce(inputs: Record<string, string>): Promise<Record<string, number>> {
    const began = performance.now();
    const marks: [string, number][] = [['start', 0]];
    const mark = (name: string): void =>
      void marks.push([name, (performance.now() - began) / 1000]);
    const { exitCode, log } = await runStep({
      action: 'actions/ssh-deploy',
      workspace: system.workspace,
      inputs,
      onLine: (line) => {
        if (line.startsWith('::group::Prepare')) mark('start node, read inputs');
        else if (line.startsWith('::group::Release')) mark('connect, resolve, pull, plan');
        else if (line.endsWith(': prepared')) mark('begin');
        else if (line.endsWith(': healthy') && !line.includes('web')) mark('create, boot, prove');
        else if (line.endsWith(': switched')) mark('switch');
        else if (line.endsWith(': drained')) mark('drain, stop old');
      },
    });
    if (exitCode !== 0) throw new Error(log);
    mark('commit, clean up');
    return Object.fromEntries(
      marks.slice(1).map(([name, at], index) => [name, at - (marks[index]?.[1] ?? 0)]),
    );
  }

  /** Measures one release under load. */
  async function measured(
    url: string,
    work: () => Promise<Record<string, number> | undefined>,
  ): Promise<Run> {
    const reachable = await fetch(url).then(() => true, () => false); // prettier-ignore
    const load = reachable
      ? await startLoad({ streams: [{ url, perSecond: PER_SECOND, connections: 'keep-alive' }] })
      : undefined;
    await sleep(300);
    const before = await load?.count();
    const began = performance.now();
    const parts = await work();
    const seconds = (performance.now() - began) / 1000;
    await sleep(500);
    const counted = load ? since(before, await load.stop()) : { sent: 0, failed: 0 };
    return { seconds, ...counted, ...(parts && { parts }) };
  }

  /** The same system as people deploy it today: the Compose file on the host, one ssh command. */
  async function plainCompose(target: Host): Promise<{
    up(
      image: string,
      setting: Readonly<Record<string, string>>,
      via: typeof near,
    ): Promise<undefined>;
  }> {
    const key = join(lab.folder, 'plain-key');
    writeFileSync(key, lab.login.privateKey, { mode: 0o600 });
    const knownHosts = join(lab.folder, 'plain-known-hosts');
    writeFileSync(knownHosts, `${near.knownHosts}\n${far.knownHosts}\n`);
    await docker('cp', system.workspace, `${target.name}:/home/${lab.login.user}/plain`);
    await target.exec(
      `chown -R ${lab.login.user}: /home/${lab.login.user}/plain && cd /home/${lab.login.user}/plain && sed -i 's|registry.example/hello/web|\${WEB_IMAGE}|; /build:/d' docker-compose.yml && docker login -u ${registry.username} -p ${registry.password} ${registry.address}`,
    );
    return {
      up: async (image, setting, via) => {
        const [user = '', rest = ''] = via.target.split('@');
        const [address = '', port = '22'] = rest.split(':');
        const variables = Object.entries(setting)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ');
        const env = `GREETING=hi WEB_IMAGE=${image} HTTP_PORT=8080 ${variables} NGINX_IMAGE=${registry.address}/base/nginx:1`;
        const args = [
          '-F',
          '/dev/null',
          '-i',
          key,
          '-o',
          `UserKnownHostsFile=${knownHosts}`,
          '-p',
          port,
          '-l',
          user,
          address,
        ];
        await sh('ssh', [...args, `cd plain && ${env} docker compose up -d --wait`]);
        return undefined;
      },
    };
  }
} finally {
  await lab.close();
}
process.exit();

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function show(title: string, ours: readonly Run[], theirs: readonly Run[]): void {
  const wall = (runs: readonly Run[]): string =>
    `${median(runs.map(({ seconds }) => seconds)).toFixed(2)} s`;
  const failed = (runs: readonly Run[]): string => {
    const total = (field: 'failed' | 'sent'): number =>
      runs.reduce((sum, run) => sum + run[field], 0);
    return `${total('failed')} of ${total('sent')} failed`;
  };
  const ratio = median(ours.map(({ seconds }, index) => seconds / (theirs[index]?.seconds ?? NaN)));
  console.log(
    `${title}: ours ${wall(ours)}, ${failed(ours)}; plain ${wall(theirs)}, ${failed(theirs)}; ratio ${ratio.toFixed(2)}`,
  );
  for (const part of Object.keys(ours[0]?.parts ?? {})) {
    console.log(
      `    ${part.padEnd(30)} ${median(ours.map(({ parts }) => parts?.[part] ?? 0)).toFixed(2)} s`,
    );
  }
  console.log();
}
