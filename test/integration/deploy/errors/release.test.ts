import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host, Login } from '../../../lab/host.ts';
import { makeLogin } from '../../../lab/host.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { hello, type Hello, helloEnv, ROOT, stateOf } from '../hello.ts';
import { type Case, expectProblem } from './refused.ts';

const CASES: readonly Case[] = [
  {
    name: 'a variable that the Compose file requires',
    id: 'variable-missing',
    value: 'GREETING',
    fix: 'Add GREETING=... to the input env.',
    inputs: () => ({ env: helloEnv().replace('GREETING=hello\n', '') }),
  },
  {
    name: 'variables that the Compose file merely uses',
    id: 'variable-missing',
    value: 'FIRST, SECOND',
    fix: 'Add them to the input env, one NAME=value a line',
    arrange: (system) => {
      system.edit(
        'docker-compose.yml',
        '      GREETING:',
        '      ONE: ${FIRST}\n      TWO: $SECOND\n      GREETING:',
      );
    },
  },
  {
    name: 'a Compose file that is not YAML',
    id: 'compose-invalid',
    value: 'docker-compose.yml',
    fix: 'Mend what is named; try it with: docker compose config',
    arrange: (system) => {
      system.edit('docker-compose.yml', '  nginx:', '  nginx: ["');
    },
  },
  {
    name: 'a Compose file with a key that Compose does not know',
    id: 'compose-invalid',
    value: /imagee/,
    fix: 'Mend what Compose names; try it with: docker compose config',
    arrange: (system) => {
      system.edit('docker-compose.yml', '    image: registry', '    imagee: registry');
    },
  },
  {
    name: 'an image that does not exist',
    id: 'image-not-found',
    value: /hello\/web@sha256:0{64}$/,
    fix: 'Check that the build pushed it, and that nobody deleted it since.',
    arrange: (system) => {
      system.write(
        'v2.json',
        system.read('v2.json').replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`),
      );
    },
  },
  {
    name: 'a password that the registry does not accept',
    id: 'registry-auth',
    value: /hello\/web@sha256:/,
    fix: 'Check registry-username and registry-password',
    inputs: () => ({ 'registry-password': 'not-the-password' }),
  },
  {
    name: 'a disk that is nearly full',
    id: 'disk-full',
    value: /^\/srv\/small\/app: \d+ KiB free, 65536 KiB needed$/,
    fix: 'Make room, for example: docker system prune -a',
    inputs: () => ({ path: '/srv/small/app' }),
  },
  {
    name: 'an image that the record does not hold',
    id: 'image-not-recorded',
    value: 'worker',
    fix: 'Build worker before the release and have it recorded in release.json',
    arrange: (system) => {
      system.edit('docker-compose.yml', '  nginx:\n', '  worker:\n    build: ./worker\n  nginx:\n');
    },
  },
  {
    name: 'a proxy that is no service',
    id: 'proxy-unknown',
    value: 'ngnix',
    fix: 'Set proxy.service to one of: nginx, web',
    arrange: (system) => {
      system.edit('slipway.yml', 'service: nginx', 'service: ngnix');
    },
  },
];

let lab: Lab;
let host: Host;
let system: Hello;
let other: Login;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('errors', { dockerArgs: ['--tmpfs', '/srv/small:size=40m,mode=1777'] });
  other = await makeLogin(lab.folder, 'other');
  system = hello(lab);
  await system.build('v1');
  await system.build('v2');
  expect((await system.deploy(host, 'v1')).exitCode).toBe(0);
});

afterAll(() => lab.close());

describe('a release that cannot be says so and changes nothing', () => {
  test.each(CASES)('$name', async (one) => {
    const own = hello(lab, one.name.replaceAll(' ', '-'));
    own.write('v2.json', system.read('v2.json'));
    one.arrange?.(own);
    const scene = { host, other, system: own };
    const before = await stateOf(host);
    const result = await own.deploy(host, 'v2', await one.inputs?.(scene));
    expectProblem(result, one, scene);
    for (const words of (await one.says?.(scene)) ?? []) expect(result.log).toContain(words);
    expect(result.exitCode).toBe(10);
    expect(result.outputs).toMatchObject({ outcome: 'aborted' });
    expect(result.summary).toContain(`\`${one.id}\``);
    // Where a release ends before its time, nobody knows that nothing is served: not at this path, or by hand.
    expect(result.outputs.sentence).not.toContain('serves nothing');
    expect(await stateOf(host)).toBe(before);
  });

  test('a disk that is nearly full is left as it was', async () => {
    expect(await host.exec('find /srv/small -type f')).toBe('');
  });

  test('a lock that somebody else holds', async () => {
    const before = await stateOf(host);
    const holder = host.exec(
      `cd ${ROOT} && exec flock lock sh -c 'echo "20260101T000000Z-abc123 2026-01-01T00:00:00Z octocat" >lock; touch /tmp/held; sleep 30 & echo $! >/tmp/holder; wait'`,
    );
    await host.exec('until [ -e /tmp/held ]; do sleep 0.05; done');
    const result = await system.deploy(host, 'v2');
    const held = await stateOf(host);
    await host.exec('kill $(cat /tmp/holder)');
    await holder;
    const problem: Case = {
      name: 'locked',
      id: 'locked',
      value: /^20260101T000000Z-abc123 2026-01-01T00:00:00Z octocat$/,
      fix: 'Wait for it to end and run this again',
    };
    expectProblem(result, problem, { host, other, system });
    expect(result.exitCode).toBe(12);
    expect(result.outputs).toMatchObject({ outcome: 'locked', 'serving-version': 'v1' });
    expect(held).toBe(before);
    expect((await system.deploy(host, 'v2')).outputs).toMatchObject({ outcome: 'deployed' });
  });
});
