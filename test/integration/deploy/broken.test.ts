import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit } from '../../lab/build.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { containerOf, get, hello, type Hello, helloEnv, ledger, ROOT } from './hello.ts';

const MIGRATION = `
  migrate:
    image: \${NGINX_IMAGE}
    command: ['sh', '-c', 'echo "table \${TABLE} is missing" >&2; exit \${MIGRATE}']
`;

describe('a release that is no good', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('broken');
    system = hello(lab);
    system.edit('docker-compose.yml', '${HEALTH_INTERVAL:-2s}', '1s');
    await system.build('v1');
    system.edit(
      'app.js',
      'if (BROKEN',
      "console.log('no database at db.example\\n::error::not our word');\nif (BROKEN",
    );
    await system.build('unhealthy', { broken: 'unhealthy' });
    await system.build('crash', { broken: 'crash' });
  });

  afterAll(() => lab.close());

  /** What runs, all of it: nothing new may stay, nothing old may go. */
  const containers = (): Promise<string> =>
    host.exec('docker ps -a --no-trunc --format "{{.ID}} {{.Names}} {{.State}}" | sort');

  /** The step failed with exit code 10, said why, and v1 is served by the containers that served it before. */
  const expectStayed = async (
    result: StepResult,
    version: string,
    why: string,
    before: string,
  ): Promise<void> => {
    const current = await host.exec(`basename "$(readlink ${ROOT}/current)"`);
    const sentence = `${version} was not deployed (${why}): staging serves v1 (${current}), as before.`;
    expect(result.outputs).toMatchObject({
      outcome: 'aborted',
      'serving-version': 'v1',
      serving: current,
      sentence,
    });
    expect(result.log).toContain(`::error::${sentence}`);
    expect(result).toMatchObject({ exitCode: 10, postExitCode: 0, leftovers: [] });
    expect(await containers()).toBe(before);
    expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
    expect((await ledger(host)).at(-1)).toMatchObject({
      outcome: 'aborted',
      version,
      serving: current,
    });
    expect(await host.exec(`ls ${ROOT} ${ROOT}/releases`)).not.toContain(
      result.outputs.release ?? '?',
    );
  };

  test('the first deploy, when it fails, leaves no container and no network', async () => {
    const networks = await host.exec('docker network ls -q | sort');
    const result = await system.deploy(host, 'unhealthy');
    expect(result.exitCode).toBe(10);
    expect(result.outputs.sentence).toBe(
      'unhealthy was not deployed (web: its health check fails): staging serves nothing yet, as before.',
    );
    expect(await containers()).toBe('');
    expect(await host.exec('docker network ls -q | sort')).toBe(networks);
    expect(await host.exec(`ls ${ROOT}/releases; readlink ${ROOT}/current || true`)).toBe('');
    expect(await ledger(host)).toMatchObject([
      { outcome: 'aborted', serving: '', version: 'unhealthy' },
    ]);
    system.again('v1', 'v1');
    expect((await system.deploy(host, 'v1')).outputs).toMatchObject({ outcome: 'deployed' });
  });

  test('one that never becomes healthy is shown and removed', async () => {
    system.again('sick', 'unhealthy');
    const before = await containers();
    const result = await system.deploy(host, 'sick');
    await expectStayed(result, 'sick', 'web: its health check fails', before);
    for (const shown of [result.log, result.summary]) {
      expect(shown).toContain('web | no database at db.example');
      expect(shown).toContain('web health check | 1');
    }
    // What the container says is never taken for our own word.
    expect(result.log).toContain('  web | ::error::not our word');
    expect(result.log).not.toMatch(/^\s*::error::not our word/m);
  });

  test('one that ends by itself is shown and removed', async () => {
    system.again('dead', 'crash');
    const before = await containers();
    const result = await system.deploy(host, 'dead');
    expect(result.outputs.sentence).toMatch(
      /^dead was not deployed \(web: it ended (with exit code 7|and was restarted)\): staging serves v1/,
    );
    const why = /\((web: [^)]*)\)/.exec(result.outputs.sentence ?? '')?.[1] ?? '';
    await expectStayed(result, 'dead', why, before);
    expect(result.log).toContain('web | no database at db.example');
  });

  test('a time limit of its own', async () => {
    system.again('slow', 'v1');
    const before = await containers();
    const result = await system.deploy(host, 'slow', {
      env: helloEnv({ BOOT_MS: '60000' }),
      'health-timeout': '2s',
    });
    await expectStayed(result, 'slow', 'web: not healthy after 2 s', before);
  });

  test('a configuration that nginx refuses is not served, nor left on the disk', async () => {
    const before = await containers();
    const config = system.read('nginx/default.conf');
    const onDisk = (): Promise<string> =>
      host.exec(
        `cd ${ROOT}/proxy && find . -type f | sort | xargs sha256sum; docker exec "$(docker ps -qf name=nginx)" nginx -T 2>/dev/null | sha256sum`,
      );
    const disk = await onDisk();
    system.write(
      'nginx/default.conf',
      config.replace('proxy_pass http://web;', 'proxy_pas http://web;'),
    );
    system.write('nginx/more.conf', 'map $host $more { default 1; }\n');
    system.again('bad-nginx', 'v1');
    const result = await system.deploy(host, 'bad-nginx', { env: helloEnv({ GREETING: 'other' }) });
    await expectStayed(result, 'bad-nginx', 'nginx: nginx refused the configuration', before);
    expect(result.log).toContain('unknown directive "proxy_pas"');
    expect(result.summary).toContain('unknown directive "proxy_pas"');
    expect(await onDisk()).toBe(disk);
    system.write('nginx/default.conf', config);
    system.write('nginx/more.conf', '');
  });

  test('a migration that fails stops the release before anything is replaced', async () => {
    system.write('docker-compose.yml', `${system.read('docker-compose.yml')}${MIGRATION}`);
    system.write('slipway.yml', `${system.read('slipway.yml')}migrate: { service: migrate }\n`);
    system.again('bad-schema', 'v1');
    const before = await containers();
    const env = { TABLE: 'users', GREETING: 'other' };
    const result = await system.deploy(host, 'bad-schema', {
      env: helloEnv({ ...env, MIGRATE: '3' }),
    });
    expect(result.log).toContain('  migrate: one-shot, runs before what depends on it');
    expect(result.log).toContain('table users is missing');
    expect(result.summary).toContain('table users is missing');
    expect(result.exitCode).not.toBe(0);
    expect(result.outputs.sentence).toContain('(migrate: ended with exit code 3)');
    expect(await containers()).toBe(before);

    system.again('good-schema', 'v1');
    const good = await system.deploy(host, 'good-schema', {
      env: helloEnv({ ...env, MIGRATE: '0' }),
    });
    expect(good.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'good-schema' });
    expect(await host.exec('docker ps -a --format "{{.Names}}" | grep -c migrate || true')).toBe(
      '0',
    );
    expect(await containerOf(host, 'web')).not.toBe('');
  });
});
