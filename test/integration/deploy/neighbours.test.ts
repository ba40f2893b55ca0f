import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { hello, type Hello, helloEnv, stateOf } from './hello.ts';

let lab: Lab;
let host: Host;
let shop: Hello;
let blog: Hello;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('neighbours', { ports: [8081, 8082, 8083] });
  shop = hello(lab, 'shop');
  blog = hello(lab, 'blog', 'blog');
  for (const version of ['v1', 'v2']) await Promise.all([shop.build(version), blog.build(version)]);
});

afterAll(() => lab.close());

/** Three systems that have nothing to do with each other, but for their host. */
const all = () => [
  { system: shop, environment: 'staging', port: '8081', root: 'slipway/hello/staging' },
  { system: shop, environment: 'production', port: '8082', root: 'slipway/hello/production' },
  { system: blog, environment: 'staging', port: '8083', root: 'slipway/blog/staging' },
];

const release = (
  { system, environment, port }: ReturnType<typeof all>[number],
  version: string,
): Promise<StepResult> =>
  system.deploy(host, version, { environment, env: helloEnv({ HTTP_PORT: port }) });

describe('two environments of one app, and another app, on one host', () => {
  test.each(['v1', 'v2'])('%s of all three at the same time', async (version) => {
    const results = await Promise.all(all().map((one) => release(one, version)));
    expect(results.map(({ outputs }) => outputs.outcome)).toEqual(Array(3).fill('deployed'));
    for (const { port, root } of all()) {
      const answer = await fetch(host.url('/health', Number(port)));
      expect(await answer.json()).toMatchObject({ status: 'healthy' });
      const ledger = await host.exec(`cat /home/deploy/${root}/history.ndjson`);
      const lines = ledger.split('\n').map((line) => JSON.parse(line) as { version: string });
      expect(lines.map((line) => line.version)).toEqual(['v1', 'v2'].slice(0, lines.length));
      expect(lines.at(-1)?.version).toBe(version);
    }
  });

  test('a port that one of them holds is refused to the other, before anything changes', async () => {
    const [, , other] = all();
    const before = await stateOf(host, '/home/deploy/slipway/blog/staging');
    const result = await blog.deploy(host, 'v2', {
      environment: 'staging',
      env: helloEnv({ HTTP_PORT: '8081' }),
    });
    expect(result.exitCode).toBe(10);
    expect(result.log).toContain('[port-taken]');
    expect(result.log).toContain('hello-staging-nginx-1 of the project hello-staging');
    expect(await stateOf(host, `/home/deploy/${other?.root ?? ''}`)).toBe(before);
  });
});

test('one environment twice at the same time: what is called deployed is what is served', async () => {
  const [one] = all();
  if (one === undefined) throw new Error('there is nothing to release');
  shop.again('v3', 'v1');
  shop.again('v4', 'v2');
  const results = await Promise.all([release(one, 'v3'), release(one, 'v4')]);
  const good = results.filter(({ exitCode }) => exitCode === 0);
  expect(good.length).toBeGreaterThan(0);
  // Who came second was planned for another state, or found the lock taken, or is older.
  for (const { exitCode, outputs } of results)
    if (exitCode !== 0) expect(['locked', 'superseded']).toContain(outputs.outcome);
  const current = `/home/deploy/${one.root}/current/compose.json`;
  const wanted = await host.exec(`grep -o 'hello/web@sha256:[0-9a-f]*' ${current}`);
  const web =
    'docker ps -q --filter label=com.docker.compose.project=hello-staging --filter label=com.docker.compose.service=web';
  const running = await host.exec(`docker inspect -f '{{.Config.Image}}' $(${web})`);
  expect(running).toContain(wanted);
});
