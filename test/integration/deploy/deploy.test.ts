import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit } from '../../lab/build.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { containerOf, get, hello, type Hello, ledger, ROOT, stateOf } from './hello.ts';

// One story on one host: each test starts from where the one before it ended.
describe('ssh-deploy', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('deploy');
    system = hello(lab);
    await system.build('v1');
    await system.build('v2');
    await system.build('v3');
  });

  afterAll(() => lab.close());

  test('the first deploy starts everything and serves', async () => {
    const result = await system.deploy(host, 'v1');
    expect(result).toMatchObject({ exitCode: 0, postExitCode: 0, leftovers: [] });
    expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
    expect(result.outputs.sentence).toBe(
      `v1 is deployed: staging serves v1 (${result.outputs.release ?? ''}).`,
    );
    expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
    expect(await host.exec(`readlink ${ROOT}/current`)).toBe(
      `releases/${result.outputs.release ?? ''}`,
    );
    expect(await ledger(host)).toMatchObject([
      { kind: 'deploy', outcome: 'deployed', version: 'v1', commit: fakeCommit('v1') },
    ]);
  });

  test('the very same release again is unchanged', async () => {
    const before = await host.exec('docker ps -a --no-trunc --format "{{.ID}} {{.State}}"');
    const result = await system.deploy(host, 'v1');
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toMatchObject({ outcome: 'unchanged', 'serving-version': 'v1' });
    expect(await host.exec('docker ps -a --no-trunc --format "{{.ID}} {{.State}}"')).toBe(before);
    expect((await ledger(host)).map(({ outcome }) => outcome)).toEqual(['deployed', 'unchanged']);
  });

  test('a dry run says what would happen and changes nothing', async () => {
    const before = await stateOf(host);
    const result = await system.deploy(host, 'v2', { 'dry-run': 'true' });
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toMatchObject({ outcome: 'dry-run' });
    expect(result.log).toContain('  web: start-first, changed');
    expect(result.log).toContain('  nginx: keep, unchanged');
    expect(result.summary).toContain('| `web` | start-first | changed |');
    expect(await stateOf(host)).toBe(before);
  });

  test('three releases that change the configuration of nginx leave its container alone', async () => {
    const nginx = await containerOf(host, 'nginx');
    for (const version of ['v2', 'v3', 'v3b']) {
      const web = await containerOf(host, 'web');
      if (version === 'v3b') system.again(version, 'v3');
      system.edit(
        'nginx/default.conf',
        '  listen 80;',
        `  listen 80;\n  location /about-${version} { return 200 "${version}"; }`,
      );
      const result = await system.deploy(host, version);
      expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': version });
      expect(await get(host, `/about-${version}`)).toBe(`200 ${version}`);
      expect(await containerOf(host, 'nginx')).toBe(nginx);
      // The third has the same image: its service is left alone, too.
      if (version === 'v3b') {
        expect(result.log).toContain('  web: keep, unchanged');
        expect(await containerOf(host, 'web')).toBe(web);
      } else {
        expect(result.log).toContain('  web: start-first, changed');
        expect(await get(host)).toBe(`200 ${fakeCommit(version)}`);
        expect(await containerOf(host, 'web')).not.toBe(web);
      }
    }
  });

  test('an older release is superseded', async () => {
    const before = await stateOf(host);
    const result = await system.deploy(host, 'v2');
    expect(result.exitCode).toBe(13);
    expect(result.outputs).toMatchObject({ outcome: 'superseded', 'serving-version': 'v3b' });
    expect(result.log).toContain('[superseded]');
    expect(result.log).toMatch(/Value: 20260101T000200Z-\w+ < 20260101T000400Z-\w+/);
    expect(result.log).toContain('set allow-older: true');
    expect(await stateOf(host)).toBe(before);
  });

  test('an older release is deployed when that is said', async () => {
    const result = await system.deploy(host, 'v2', { 'allow-older': 'true' });
    expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v2' });
    expect(await get(host)).toBe(`200 ${fakeCommit('v2')}`);
  });
});
