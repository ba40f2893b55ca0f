import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit } from '../../lab/build.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { containerOf, get, hello, type Hello, helloEnv, ledger } from './hello.ts';

/** A health check that is as healthy as the host says. */
const AS_THE_HOST_SAYS = `test: ['CMD', 'node', '-e', 'process.exit(require("fs").existsSync("/host/sick") ? 1 : 0)']`;

// One story on two hosts: each test starts from where the one before it ended.
describe('the way to the hosts', () => {
  let lab: Lab;
  let hosts: readonly [Host, Host];
  let system: Hello;

  beforeAll(async () => {
    lab = await openLab();
    hosts = await Promise.all([lab.host('one'), lab.host('two')]);
    system = hello(lab);
    await system.build('v1');
    await system.build('v2');
  });

  afterAll(() => lab.close());

  const deployBoth = (version: string): Promise<StepResult> =>
    system.deploy(hosts[0], version, system.inputs(...hosts));

  /** What sshd wrote since it was asked last. */
  const sshd = (host: Host): Promise<string> =>
    host.exec('cat /var/log/sshd.log; : >/var/log/sshd.log');
  const count = (log: string, words: RegExp): number =>
    log.split('\n').filter((line) => words.test(line)).length;

  test('two hosts in one step, with one connection and one command each', async () => {
    await Promise.all(hosts.map(sshd));
    const result = await deployBoth('v1');
    expect(result).toMatchObject({ exitCode: 0, postExitCode: 0, leftovers: [] });
    expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
    for (const host of hosts) {
      expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
      expect(await ledger(host)).toMatchObject([{ outcome: 'deployed', version: 'v1' }]);
      expect(result.summary).toContain(`**${host.target}**: deployed`);
      const log = await sshd(host);
      expect(count(log, /Connection from /)).toBe(1);
      expect(count(log, /Accepted publickey for deploy/)).toBe(1);
      expect(count(log, /Starting session: (command|shell|subsystem)/)).toBeLessThanOrEqual(3);
    }
  });

  test('when the second host cannot become healthy, the first goes back', async () => {
    const webs = await Promise.all(hosts.map((host) => containerOf(host, 'web')));
    await Promise.all(hosts.map((host) => host.exec('mkdir -p /srv/host')));
    await hosts[1].exec('touch /srv/host/sick');
    const compose = system.read('docker-compose.yml');
    system.write(
      'docker-compose.yml',
      compose
        .replace(/test:\s*\[[^\]]*\]/, AS_THE_HOST_SAYS)
        .replace('${HEALTH_INTERVAL:-2s}', '1s')
        .replace('    stop_grace', "    volumes: ['/srv/host:/host:ro']\n    stop_grace"),
    );
    const result = await deployBoth('v2');
    system.write('docker-compose.yml', compose);
    expect(result.exitCode).toBe(11);
    expect(result.outputs).toMatchObject({ outcome: 'rolled-back', 'serving-version': 'v1' });
    expect(result.outputs.sentence).toMatch(
      /^v2 was taken back \(web: its health check fails\): staging serves v1 \(.*\) again\.$/,
    );
    expect(result.summary).toContain(`**${hosts[0].target}**: rolled-back`);
    expect(result.summary).toContain(`**${hosts[1].target}**: aborted`);
    expect(result.log).toContain(`${hosts[0].target}: held`);
    for (const [index, host] of hosts.entries()) {
      expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
      expect(await containerOf(host, 'web')).toBe(webs[index]);
      expect((await ledger(host)).map(({ outcome }) => outcome)).toEqual([
        'deployed',
        index === 0 ? 'rolled-back' : 'aborted',
      ]);
    }
  });

  test('when one host is not there, the other is not touched', async () => {
    const nowhere = { ...hosts[1], target: hosts[1].closed };
    const before = await ledger(hosts[0]);
    const result = await system.deploy(hosts[0], 'v2', system.inputs(hosts[0], nowhere));
    expect(result.exitCode).toBe(10);
    expect(result.log).toContain('[host-refused]');
    expect(await ledger(hosts[0])).toEqual(before);
    expect(await get(hosts[0])).toBe(`200 ${fakeCommit('v1')}`);
  });

  test.each([
    ['dash', 'chsh -s /bin/dash deploy'],
    [
      'bash with a .bashrc that talks',
      'chsh -s /bin/bash deploy; echo \'echo "welcome to $(hostname)"; echo >&2 "mail for you"; printf "hello\\t9\\n"\' >/home/deploy/.bashrc',
    ],
    [
      'busybox sh',
      'ln -sf "$(command -v busybox)" /usr/local/bin/sh; usermod -s /usr/local/bin/sh deploy',
    ],
  ])('a login shell of its own: %s', async (name, line) => {
    const [host] = hosts;
    await host.exec(line);
    const version = name.split(' ')[0] ?? '';
    system.again(version, 'v2');
    const result = await system.deploy(host, version, { env: helloEnv({ GREETING: version }) });
    expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': version });
    expect(await get(host)).toBe(`200 ${fakeCommit('v2')}`);
  });
});
