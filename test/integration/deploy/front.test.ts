import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../../src/kit/clock.ts';
import { fakeCommit } from '../../lab/build.ts';
import { registry } from '../../lab/engine.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { type Load, since, startLoad } from '../../lab/load.ts';
import { hello, type Hello, helloEnv } from './hello.ts';

// One story on one host: each test starts from where the one before it ended. It is that of docs/host-setup.md.
let lab: Lab;
let host: Host;
let apps: Record<'shop' | 'blog', Hello>;

const NAMES = ['shop', 'blog'] as const;
const NGINX = `${registry.address}/base/nginx:1`;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('front');
  apps = { shop: hello(lab, 'shop', 'shop'), blog: hello(lab, 'blog', 'blog') };
  for (const name of NAMES) {
    const app = apps[name];
    app.edit(
      'docker-compose.yml',
      "    ports: ['${HTTP_PORT:-80}:80']\n",
      `    environment: { NOTE: "\${NOTE:-}" }\n    networks: { default: {}, edge: { aliases: [${name}] } }\n`,
    );
    app.write(
      'docker-compose.yml',
      `${app.read('docker-compose.yml')}\nnetworks:\n  edge: { external: true, name: edge }\n`,
    );
    for (const version of ['v1', 'v2']) await app.build(version);
  }
});

afterAll(() => lab.close());

/** The proxy in front as the document has it, without TLS, one server block for each app. */
function frontFiles(): { conf: string; compose: string } {
  const document = readFileSync(resolve(import.meta.dirname, '../../../docs/host-setup.md'), 'utf8');
  const [, block = ''] = /```nginx\n([^`]*)```/.exec(document) ?? [];
  expect(block).toContain('listen 443 ssl;');
  const plain = block.replace('listen 443 ssl;', 'listen 80;');
  const front = { image: NGINX, ports: ['80:80'], networks: ['edge'], volumes: ['./conf:/etc/nginx/conf.d:ro'] };
  return {
    conf: NAMES.map((name) => plain.replaceAll('shop', name)).join('\n'),
    compose: JSON.stringify({ services: { front }, networks: { edge: { external: true } } }),
  };
} // prettier-ignore

async function ask(name: string): Promise<string> {
  const response = await new Promise<IncomingMessage>((done, failed) => {
    get(host.url('/'), { headers: { host: `${name}.example.com` }, timeout: 5_000 }, done).on(
      'error',
      failed,
    );
  });
  return `${response.statusCode ?? 0} ${await text(response)}`;
}

const load = (name: string): Promise<Load> =>
  startLoad({
    streams: (['fresh', 'keep-alive'] as const).map((connections) => ({
      url: host.url('/'),
      host: `${name}.example.com`,
      perSecond: 25,
      connections,
    })),
  });

const release = async (name: 'shop' | 'blog', version: string, env = {}): Promise<void> => {
  const result = await apps[name].deploy(host, version, { env: helloEnv(env) });
  expect(result.outputs).toMatchObject({ outcome: 'deployed' });
};

test('two apps behind one proxy of the user are reached by their names', async () => {
  const { conf, compose } = frontFiles();
  await host.exec('docker network create edge; mkdir -p /srv/front/conf');
  await host.exec('cat >/srv/front/conf/default.conf', conf);
  await host.exec('cat >/srv/front/compose.json', compose);
  await host.exec('docker compose -p front -f /srv/front/compose.json up -d');
  await Promise.all(NAMES.map((name) => release(name, 'v1')));
  for (const name of NAMES) expect(await ask(name)).toBe(`200 ${fakeCommit('v1')}`);
});

test('both are released at the same time, and no request of either fails', async () => {
  const loads = await Promise.all(NAMES.map(load));
  await Promise.all(NAMES.map((name) => release(name, 'v2')));
  for (const one of loads) {
    const { failures, ...count } = await one.stop();
    expect(failures).toEqual({});
    expect(count.sent).toBeGreaterThan(100);
  }
  for (const name of NAMES) expect(await ask(name)).toBe(`200 ${fakeCommit('v2')}`);
});

test('a release that makes the nginx of one app anew stops that one app for a moment, and no other', async () => {
  const [shop, blog] = await Promise.all([load('shop'), load('blog')]);
  apps.shop.again('v3', 'v2');
  await release('shop', 'v3', { NOTE: 'another' });
  // It is found again by its name, without a hand on the proxy in front.
  while (!(await calm(shop))) continue;
  expect(await ask('shop')).toBe(`200 ${fakeCommit('v2')}`);
  await shop.stop();
  expect((await blog.stop()).failures).toEqual({});
});

/** Whether none of the next hundred requests fails. */
async function calm(load: Load): Promise<boolean> {
  const from = await load.count();
  for (;;) {
    const { sent, failed } = since(from, await load.count());
    if (failed > 0 || sent >= 100) return failed === 0;
    await systemClock.sleep(50);
  }
}
