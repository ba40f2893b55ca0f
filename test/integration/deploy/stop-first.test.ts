import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit } from '../../lab/build.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { get, hello, type Hello, helloEnv } from './hello.ts';

/** A second service behind the proxy, healthy only while it reaches the first one by its name. */
const CALLER = `  caller:
    image: registry.example/hello/web
    build: .
    depends_on: [web]
    environment: { GREETING: '' }
    healthcheck:
      test: [CMD, node, -e, 'fetch("http://web:3000/health").then((r) => process.exit(r.ok ? 0 : 1))']
      interval: 1s
      retries: 5
  nginx:`;

let lab: Lab;
let host: Host;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('order');
});

afterAll(() => lab.close());

/** The small system with the caller in it, and releases of it: v1, and bad, which never becomes healthy. */
async function withCaller(app: string): Promise<Hello> {
  const system = hello(lab, app, app);
  system.edit('docker-compose.yml', '${HEALTH_INTERVAL:-2s}', '1s');
  await system.build('v1');
  await system.build('bad', { broken: 'unhealthy' });
  const image = 'image: registry.example/hello/web, port: 3000 }';
  system.edit('slipway.yml', image, `${image}\n  caller: { context: ., ${image}`);
  system.edit('docker-compose.yml', '  nginx:', CALLER);
  for (const file of ['v1.json', 'bad.json'])
    system.write(file, system.read(file).replace(/"web":({[^}]*})/, '$&,"caller":$1'));
  return system;
}

describe('a first release of services that nginx routes to', () => {
  test('one may call another while they start', async () => {
    const system = await withCaller('chain');
    const { outputs } = await system.deploy(host, 'v1', { env: helloEnv({ HTTP_PORT: '8080' }) });
    expect(outputs).toMatchObject({ outcome: 'deployed' });
  });

  test('also when it is one that stops first, which answers at once after each release', async () => {
    const system = await withCaller('order');
    system.edit('docker-compose.yml', '    build: .\n', '    build: .\n    deploy: { update_config: { order: stop-first } }\n'); // prettier-ignore
    for (const GREETING of ['one', 'two', 'three']) {
      const { outputs } = await system.deploy(host, 'v1', { env: helloEnv({ GREETING }) });
      expect(outputs).toMatchObject({ outcome: 'deployed' });
      expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
    }
    const { outputs } = await system.deploy(host, 'bad');
    expect(outputs).toMatchObject({ outcome: 'rolled-back' });
    expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
  });
});
