import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit } from '../../lab/build.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { containerOf, get, hello, type Hello, helloEnv, ledger, ROOT, stateOf } from './hello.ts';

// One story on one host: each test starts from where the one before it ended.
describe('rollback', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;
  /** Identifiers of the releases by version. */
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('rollback');
    system = hello(lab);
    system.edit('docker-compose.yml', '${HEALTH_INTERVAL:-2s}', '1s');
    await system.build('v1');
    await system.build('v2');
    await system.build('sick', { broken: 'unhealthy' });
  });

  afterAll(() => lab.close());

  const deploy = async (version: string): Promise<void> => {
    system.write('nginx/default.conf', CONFIG.replace('VERSION', version));
    const result = await system.deploy(host, version, {
      env: helloEnv({ GREETING: `hello from ${version}` }),
    });
    expect(result.outputs).toMatchObject({ outcome: 'deployed' });
    ids[version] = result.outputs.release ?? '?';
  };

  /** Image, configuration and environment value are those of this version. */
  const expectServed = async (version: string, image = version): Promise<void> => {
    expect(await get(host)).toBe(`200 ${fakeCommit(image)}`);
    expect(await get(host, '/about')).toBe(`200 ${version}`);
    expect(await host.exec(`docker exec ${await containerOf(host, 'web')} printenv GREETING`)).toBe(
      `hello from ${version}`,
    );
    expect(await host.exec(`readlink ${ROOT}/current`)).toBe(`releases/${ids[version] ?? '?'}`);
  };

  const expectRefused = async (
    step: () => Promise<StepResult>,
    id: string,
    value: string,
    fix: string,
  ): Promise<void> => {
    const before = await stateOf(host);
    const result = await step();
    expect(result.exitCode).toBe(10);
    expect(result.log.replaceAll('%0A', '\n')).toContain(`[${id}]\nValue: ${value}\nFix: ${fix}`);
    expect(result).toMatchObject({
      outputs: { outcome: 'aborted' },
      postExitCode: 0,
      leftovers: [],
    });
    expect(await stateOf(host)).toBe(before);
  };

  test('where nothing was ever deployed there is nothing to go back to', async () => {
    await expectRefused(
      () => system.rollback(host),
      'environment-unknown',
      'slipway/hello/staging',
      'Check app, environment and path; or deploy first.',
    );
  });

  test('the first release has none before it', async () => {
    await deploy('v1');
    await expectRefused(
      () => system.rollback(host),
      'nothing-to-roll-back',
      ids.v1 ?? '',
      'Deploy a release that is good instead.',
    );
  });

  test('the last good release comes back as it was', async () => {
    await deploy('v2');
    await expectServed('v2');
    const nginx = await containerOf(host, 'nginx');
    const result = await system.rollback(host);
    expect(result).toMatchObject({ exitCode: 0, postExitCode: 0, leftovers: [] });
    expect(result.outputs).toMatchObject({
      outcome: 'deployed',
      release: ids.v1,
      serving: ids.v1,
      'serving-version': 'v1',
    });
    expect(result.outputs.sentence).toBe(
      `Going back to the last good release is deployed: staging serves v1 (${ids.v1 ?? ''}).`,
    );
    await expectServed('v1');
    expect(await containerOf(host, 'nginx')).toBe(nginx);
    expect((await ledger(host)).at(-1)).toMatchObject({
      kind: 'rollback',
      outcome: 'deployed',
      version: 'v1',
      commit: fakeCommit('v1'),
    });
  });

  test('by version, and by identifier', async () => {
    expect((await system.rollback(host, { version: 'v2' })).outputs).toMatchObject({
      outcome: 'deployed',
      'serving-version': 'v2',
    });
    await expectServed('v2');
    expect((await system.rollback(host, { release: ids.v1 ?? '' })).outputs).toMatchObject({
      outcome: 'deployed',
      'serving-version': 'v1',
    });
    await expectServed('v1');
  });

  test('an unknown version is refused with those that are known', async () => {
    const known = `v1 (${ids.v1 ?? ''}), v2 (${ids.v2 ?? ''})`;
    await expectRefused(
      () => system.rollback(host, { version: 'v9' }),
      'release-unknown',
      'v9',
      `Choose one of: ${known}; or deploy it again.`,
    );
  });

  test('the release that is served already is refused', async () => {
    await expectRefused(
      () => system.rollback(host, { version: 'v1' }),
      'already-current',
      'v1',
      'Choose another one: ',
    );
  });

  test('a broken deploy is no release to go back to, and does not stand in the way', async () => {
    system.again('v3', 'v2');
    await deploy('v3');
    system.again('v4', 'sick');
    expect((await system.deploy(host, 'v4')).exitCode).toBe(10);
    expect((await system.rollback(host)).outputs).toMatchObject({
      outcome: 'deployed',
      'serving-version': 'v1',
    });
    await expectServed('v1');
    await expectRefused(
      () => system.rollback(host, { version: 'v4' }),
      'release-unknown',
      'v4',
      'Choose one of: v1',
    );
  });

  test('a way back that fails leaves what serves, and the release that it went for', async () => {
    const web = await containerOf(host, 'web');
    await host.exec(
      `sed -i 's/"BOOT_MS": "50"/"BOOT_MS": "60000"/' ${ROOT}/releases/${ids.v2 ?? '?'}/compose.json`,
    );
    const result = await system.rollback(host, { version: 'v2', 'health-timeout': '1s' });
    expect(result.exitCode).toBe(10);
    expect(result.outputs).toMatchObject({ outcome: 'aborted', 'serving-version': 'v1' });
    await expectServed('v1');
    expect(await containerOf(host, 'web')).toBe(web);
    await host.exec(
      `sed -i 's/"BOOT_MS": "60000"/"BOOT_MS": "50"/' ${ROOT}/releases/${ids.v2 ?? '?'}/compose.json`,
    );
    expect((await system.rollback(host, { version: 'v2' })).outputs).toMatchObject({
      outcome: 'deployed',
      'serving-version': 'v2',
    });
  });
});

const CONFIG = `include /etc/nginx/slipway/*.conf;
server {
  listen 80;
  location /about { return 200 "VERSION"; }
  location / { proxy_pass http://web; }
}
`;
