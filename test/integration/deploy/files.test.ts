import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { registry } from '../../lab/engine.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { containerOf, hello, type Hello, helloEnv, ROOT } from './hello.ts';

// One story on one host: each test starts from where the one before it ended.
describe('what a release brings along and finds', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('files');
    system = hello(lab);
    await system.build('v3');
  });

  afterAll(() => lab.close());

  test('a release file gets its own copy for each content', async () => {
    system.edit(
      'docker-compose.yml',
      '    restart: unless-stopped',
      "    volumes: ['./settings.json:/app/settings.json:ro']\n    restart: unless-stopped",
    );
    const seen = async (): Promise<string> =>
      host.exec(`docker exec ${await containerOf(host, 'web')} cat /app/settings.json`);
    const files = (): Promise<string> => host.exec(`cat ${ROOT}/files/*`);
    system.write('settings.json', '{"colour":"red"}\n');
    system.again('v4', 'v3');
    expect((await system.deploy(host, 'v4')).outputs).toMatchObject({ outcome: 'deployed' });
    const red = await containerOf(host, 'web');
    expect(await seen()).toBe('{"colour":"red"}');

    system.again('v5', 'v3');
    await system.deploy(host, 'v5');
    expect(await containerOf(host, 'web')).toBe(red);

    system.write('settings.json', '{"colour":"blue"}\n');
    system.again('v6', 'v3');
    const changed = await system.deploy(host, 'v6');
    expect(changed.log).toContain('  web: start-first, changed');
    expect(await containerOf(host, 'web')).not.toBe(red);
    expect(await seen()).toBe('{"colour":"blue"}');
    expect((await files()).split('\n').sort()).toEqual(['{"colour":"blue"}', '{"colour":"red"}']);
  });

  test('a bind-mounted data folder keeps its data across releases and rollback', async () => {
    system.write('docker-compose.yml', `${system.read('docker-compose.yml')}${STORE}`);
    const store = async (...words: string[]): Promise<string> =>
      host.exec(`docker exec ${await containerOf(host, 'store')} redis-cli ${words.join(' ')}`);
    const env = (setting: string): { env: string } => ({
      env: helloEnv({ REDIS_IMAGE: `${registry.address}/base/redis:7`, SETTING: setting }),
    });
    system.again('v7', 'v3');
    expect((await system.deploy(host, 'v7', env('1'))).outputs).toMatchObject({
      outcome: 'deployed',
    });
    await store('set', 'kept', 'yes');
    await store('save');

    system.again('v8', 'v3');
    const first = await containerOf(host, 'store');
    const result = await system.deploy(host, 'v8', env('2'));
    expect(result.outputs).toMatchObject({ outcome: 'deployed' });
    expect(result.log).toContain(
      '  store: stop-first, changed; it writes to /data (if two may share it, say deploy.update_config.order: start-first)',
    );
    expect(result.summary).toContain('| `store` | stop-first | changed; it writes to /data');
    expect(await containerOf(host, 'store')).not.toBe(first);
    expect(await store('get', 'kept')).toBe('yes');
    await store('set', 'kept', 'still');
    await store('save');

    expect((await system.rollback(host)).outputs).toMatchObject({
      outcome: 'deployed',
      'serving-version': 'v7',
    });
    expect(await store('get', 'kept')).toBe('still');
    expect(await host.exec(`ls ${ROOT}/shared/data`)).toContain('dump.rdb');
  });

  test('values of env reach the container as the rules of dotenv say', async () => {
    const names = Object.keys(HOSTILE);
    const list = names.map((name) => `      ${name}: \${${name}}\n`).join('');
    system.edit('docker-compose.yml', '    environment:\n', `    environment:\n${list}`);
    system.again('v9', 'v3');
    const given = names.map((name) => `${name}=${HOSTILE[name]?.[0] ?? ''}`).join('\n');
    const result = await system.deploy(host, 'v9', {
      env: `${helloEnv({ REDIS_IMAGE: `${registry.address}/base/redis:7`, SETTING: '1' })}\n${given}`,
    });
    expect(result.outputs).toMatchObject({ outcome: 'deployed' });
    const seen = await host.exec(
      `docker exec ${await containerOf(host, 'web')} node -p 'JSON.stringify(process.env)'`,
    );
    const values = JSON.parse(seen) as Record<string, string>;
    for (const [name, [, expected]] of Object.entries(HOSTILE))
      expect([name, values[name]]).toEqual([name, expected]);
  });
});

/** What stands in the input, and what the container must get: nothing is ever run or looked up. */
const HOSTILE: Readonly<Record<string, readonly [given: string, expected: string]>> = {
  SINGLE: [
    `'$HOME \${PATH} $(id) \`id\` "x" # all of it \\n'`,
    '$HOME ${PATH} $(id) `id` "x" # all of it \\n',
  ],
  DOUBLE: ['"say \\"hi\\" for \\$5, Grüße ☃"', 'say "hi" for $5, Grüße ☃'],
  SPACED: ['two words   # a comment', 'two words'],
  HASH: ['a#b', 'a#b'],
  EQUALS: ['x=y==', 'x=y=='],
  SHELL: ["$(id);`id`|id&&'", "$(id);`id`|id&&'"],
  LINES: ["'one\ntwo'", 'one\ntwo'],
  EMPTY: ['', ''],
};

const STORE = `
  store:
    image: \${REDIS_IMAGE}
    environment: ['SETTING=\${SETTING}']
    volumes: ['./data:/data']
    healthcheck: { test: ['CMD', 'redis-cli', 'ping'], interval: 2s }
`;
