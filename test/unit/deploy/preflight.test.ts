import { describe, expect, test } from '@jest/globals';
import type { HostNeeds } from '../../../src/config/schema.ts';
import { HostFacts } from '../../../src/deploy/host-facts.ts';
import { parseModel } from '../../../src/deploy/model.ts';
import { judgeModel } from '../../../src/deploy/preflight-model.ts';
import { judgeHost } from '../../../src/deploy/preflight.ts';

const NOW = 1_800_000_000_000;
const df = (total: number, free: number): string => `/dev/vda1  ${total}  ${total - free}  ${free}  42% /my disk`; // prettier-ignore

/** What a good host says. */
const GOOD: Readonly<Record<string, string>> = {
  clock: String(NOW / 1000 + 3),
  user: 'deploy',
  docker: '/usr/bin/docker',
  engine: '28.5.2+dfsg4',
  'docker-root': '/var/lib/docker',
  os: 'linux',
  architecture: 'x86_64',
  cores: '2',
  memory: '8323072000',
  'log-driver': 'json-file',
  'log-limit': '/etc/docker/daemon.json',
  security: '[name=seccomp,profile=builtin]',
  compose: 'v2.40.3',
};

function factsOf(changed: Readonly<Record<string, string | readonly string[]>> = {}): HostFacts {
  const facts = new HostFacts();
  const add = (...fields: string[]): void => {
    facts.add({ kind: 'fact', fields }, NOW);
  };
  for (const [name, value] of Object.entries({ ...GOOD, ...changed }))
    for (const one of typeof value === 'string' ? [value] : value) add(name, one);
  if (changed['df-k'] === undefined) {
    add('df-k', '/var/lib/docker', df(100_000_000, 50_000_000));
    add('df-k', '/home/deploy/x', df(100_000_000, 50_000_000));
  }
  add('df-i', '/var/lib/docker', df(6_000_000, 5_000_000));
  // Btrfs counts no inodes.
  add('df-i', '/home/deploy/x', '/dev/vdb 0 0 0 - /home');
  return facts;
}

const ids = (changed: Readonly<Record<string, string | readonly string[]>>, needs?: HostNeeds): string[] =>
  judgeHost(factsOf(changed), needs).map(({ id, stops }) => (stops ? id : `(${id})`)); // prettier-ignore

describe('judgeHost', () => {
  test.each<[string, Record<string, string | string[]>, string[]]>([
    ['a good host', {}, []],
    ['Engine 19.03', { engine: '19.03.15' }, ['docker-old']],
    ['Engine 20.10', { engine: '20.10.0' }, []],
    ['Engine 29.0', { engine: '29.0.1' }, []],
    ['an engine without a number', { engine: 'dev' }, []],
    ['Compose 2.19', { compose: 'v2.19.1' }, ['compose-old']],
    ['Compose 2.20', { compose: '2.20.0-desktop.1' }, []],
    ['Compose 5', { compose: '5.0.0' }, []],
    ['no word on Compose', { compose: '' }, []],
    ['both too old', { engine: '18.09.7', compose: '2.1' }, ['docker-old', 'compose-old']],
    ['Podman', { 'docker-root': '/home/x/.local/share/containers/storage', engine: '5.0.0' }, ['docker-podman']],
    ['snap by its command', { docker: '/snap/bin/docker' }, ['docker-snap']],
    ['snap by its data', { 'docker-root': '/var/snap/docker/common/var-lib-docker' }, ['docker-snap']],
    ['Windows containers', { os: 'windows' }, ['docker-not-linux']],
    ['KillUserProcesses', { logind: ['KillUserProcesses=yes'] }, ['processes-killed']],
    ['the last word counts', { logind: ['KillUserProcesses=yes', 'KillUserProcesses=no'] }, []],
    ['spared', { logind: [' KillUserProcesses = on', 'KillExcludeUsers=root  deploy'] }, []],
    ['others spared', { logind: ['KillUserProcesses=1', 'KillExcludeUsers=root'] }, ['processes-killed']],
    ['only others', { logind: ['KillUserProcesses=true', 'KillOnlyUsers=guest'] }, []],
    ['root is spared by default', { logind: ['KillUserProcesses=yes'], user: 'root' }, []],
    ['root is not spared any more', { logind: ['KillUserProcesses=yes', 'KillExcludeUsers='], user: 'root' }, ['processes-killed']],
    ['no lingering, Docker of the system', { 'no-linger': 'deploy' }, []],
    ['no lingering, rootless', { 'no-linger': 'deploy', security: '[name=rootless]' }, ['linger-missing']],
    ['a minute is let pass', { clock: String(NOW / 1000 - 60) }, []],
    ['behind', { clock: String(NOW / 1000 - 61) }, ['(clock-off)']],
    ['a clock that says nothing', { clock: '' }, []],
  ])('%s', (_, changed, expected) => {
    expect(ids(changed)).toEqual(expected);
  }); // prettier-ignore

  test('what is not known is not held against a host', () => {
    expect(judgeHost(new HostFacts(), { memory: '8GB', cores: 4, disk: '1GB' })).toEqual([]);
  });

  test('rooms are told apart by their place', () => {
    const facts = new HostFacts();
    const add = (...fields: string[]): void => {
      facts.add({ kind: 'fact', fields }, NOW);
    };
    add('df-k', '/var/lib/docker', df(9_000_000, 1_048_575));
    add('df-k', '/srv/x', df(9_000_000, 65_536));
    add('df-i', '/var/lib/docker', df(600_000, 20_000));
    add('df-i', '/srv/x', df(600_000, 9_999));
    expect(judgeHost(facts).map(({ id, value }) => [id, value])).toEqual([
      ['disk-full', '/var/lib/docker: 1048575 KiB free, 1048576 KiB needed'],
      ['disk-full', '/srv/x: 9999 inodes free, 10000 needed'],
    ]);
  });

  test('requires-host', () => {
    const needs = { memory: '8GB', cores: 4, disk: '200GB' };
    const found = judgeHost(factsOf(), needs);
    expect(found.map(({ id, value }) => [id, value])).toEqual([
      ['host-too-small', '2 < 4'],
      ['host-too-small', '102.40 GB < 200GB'],
    ]);
    expect(judgeHost(factsOf(), { memory: '8.4GB' })).toMatchObject([{ value: '8.32 GB < 8.4GB' }]);
    expect(judgeHost(factsOf(), { memory: '8GB', cores: 2, disk: '100GB' })).toEqual([]);
  });
});

describe('judgeModel', () => {
  const judge = (
    service: object,
    changed: Readonly<Record<string, string>> = {},
    platforms?: string[],
  ): (string | undefined)[][] =>
    judgeModel(
      factsOf(changed),
      parseModel(JSON.stringify({ name: 'x', services: { web: service } })),
      {
        services: {
          web: { image: 'r/web@sha256:0', revision: '0', ...(platforms && { platforms }) },
        },
      },
      '/home/deploy/x',
    ).map(({ id, stops, value }) => [stops ? id : `(${id})`, value]);
  const bind = (source: string, selinux?: string): object => ({
    volumes: [
      { type: 'bind', source, target: '/x', bind: selinux === undefined ? {} : { selinux } },
    ],
  });
  const SELINUX = { security: '[name=selinux]', selinux: '1' };
  const ROOTLESS = { security: '[name=rootless]', 'lowest-port': '1024' };
  const ports = (...published: string[]): object => ({ ports: published.map((port) => ({ published: port })) }); // prettier-ignore

  test.each<[string, object, Record<string, string>, string[] | undefined, (string | undefined)[][]]>([
    ['nothing', {}, {}, undefined, []],
    ['its platform', {}, {}, ['linux/arm64', 'linux/amd64'], []],
    ['another platform', {}, {}, ['linux/arm64'], [['host-platform', 'web: linux/arm64']]],
    ['arm64', {}, { architecture: 'aarch64' }, ['linux/arm64/v8'], []],
    ['emulated on purpose', { platform: 'linux/arm64' }, {}, ['linux/arm64'], []],
    ['no SELinux', bind('/home/deploy/x/incoming/t/src/a'), {}, undefined, []],
    ['SELinux, ours', bind('/home/deploy/x/incoming/t/src/a'), SELINUX, undefined, [['selinux-label', 'web: ./a']]],
    ['SELinux, the system’s', bind('/srv/data'), SELINUX, undefined, [['(selinux-label)', 'web: /srv/data']]],
    ['SELinux, labelled', bind('/home/deploy/x/incoming/t/src/a', 'z'), SELINUX, undefined, []],
    ['SELinux, permissive', bind('/srv/data'), { ...SELINUX, selinux: '0' }, undefined, []],
    ['SELinux, engine not confined', bind('/srv/data'), { selinux: '1' }, undefined, []],
    ['rootless, low ports', ports('80', '443', '8080', ''), ROOTLESS, undefined, [['(rootless-port)', '80, 443']]],
    ['rootless, low ports allowed', ports('80'), { ...ROOTLESS, 'lowest-port': '80' }, undefined, []],
    ['low ports of root', ports('80'), {}, undefined, []],
    ['unbounded logs', {}, { 'log-limit': '' }, undefined, [['(logs-unbounded)', 'web']]],
    ['a driver of its own without a limit', { logging: { driver: 'json-file' } }, {}, undefined, [['(logs-unbounded)', 'web']]],
    ['a driver of its own with one', { logging: { driver: 'json-file', options: { 'max-size': '10m' } } }, {}, undefined, []],
    ['local', { logging: { driver: 'local' } }, {}, undefined, []],
    ['journald for all', {}, { 'log-driver': 'journald' }, undefined, []],
  ])('%s', (_, service, changed, platforms, expected) => {
    expect(judge(service, changed, platforms)).toEqual(expected);
  }); // prettier-ignore
});
