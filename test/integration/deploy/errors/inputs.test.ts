import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit, recordOf } from '../../../lab/build.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { type Relay, startRelay } from '../../../lab/relay.ts';
import { runStep } from '../../../runner/runner.ts';
import { hello, helloEnv } from '../hello.ts';
import { type Case, expectProblem } from './refused.ts';

const CASES: readonly Case<undefined>[] = [
  {
    name: 'no key',
    id: 'input-required',
    value: 'ssh-key',
    fix: 'Add "ssh-key: ..." under "with:"',
    inputs: () => ({ 'ssh-key': '' }),
  },
  {
    name: 'an environment that does not exist',
    id: 'environment-unknown',
    value: 'prod',
    fix: 'Use one of: staging, production',
    inputs: () => ({ environment: 'prod' }),
  },
  {
    name: 'a host that is not one',
    id: 'bad-host',
    value: '-oProxyCommand=id',
    fix: 'Write for example deploy@203.0.113.7',
    inputs: () => ({ host: '-oProxyCommand=id' }),
  },
  {
    name: 'a boolean that is not one',
    id: 'bad-boolean',
    value: 'yes',
    fix: 'Write true or false.',
    inputs: () => ({ 'dry-run': 'yes' }),
  },
  {
    name: 'a duration that is not one',
    id: 'bad-duration',
    value: 'soon',
    fix: 'Write a number and a unit',
    inputs: () => ({ 'health-timeout': 'soon' }),
  },
  {
    name: 'no slipway.yml',
    id: 'config-missing',
    value: 'other.yml',
    fix: 'Add slipway.yml to the repository',
    inputs: () => ({ config: 'other.yml' }),
  },
  {
    name: 'a slipway.yml outside the workspace',
    id: 'path-outside-workspace',
    value: '/etc/passwd',
    fix: 'Give a path below the repository',
    inputs: () => ({ config: '/etc/passwd' }),
  },
  {
    name: 'a slipway.yml that is not YAML',
    id: 'config-syntax',
    value: /^slipway\.yml:\d+$/,
    fix: 'Mend what is named.',
    arrange: (system) => {
      system.edit('slipway.yml', 'compose: [', 'compose: [[');
    },
  },
  {
    name: 'a slipway.yml with an unknown key',
    id: 'config-invalid',
    value: /^slipway\.yml:\d+$/,
    fix: 'Mend the lines that are named',
    arrange: (system) => {
      system.edit('slipway.yml', 'proxy:', 'prox:');
    },
  },
  {
    name: 'no release record',
    id: 'release-missing',
    value: 'v9.json',
    fix: 'Let an earlier step write release.json',
    inputs: () => ({ release: 'v9.json' }),
  },
  {
    name: 'a release record with a tag',
    id: 'release-invalid',
    value: 'v2.json',
    fix: 'images must be digests, never tags',
    arrange: (system) => {
      system.write('v2.json', system.read('v2.json').replace(/@sha256:[0-9a-f]{64}/, ':latest'));
    },
  },
  {
    name: 'the record of another app',
    id: 'release-foreign',
    value: 'shop',
    fix: 'Take the record that the build of this repository wrote.',
    arrange: (system) => {
      system.write('v2.json', system.read('v2.json').replace('"app":"hello"', '"app":"shop"'));
    },
  },
];

let lab: Lab;
let nobody: Relay;

beforeAll(async () => {
  lab = await openLab();
  nobody = await startRelay({ host: '127.0.0.1', port: 1 });
});

afterAll(async () => {
  await nobody.stop();
  await lab.close();
});

describe('a wrong input says so before any host is asked', () => {
  test.each(CASES)('$name', async (one) => {
    const own = hello(lab, one.name.replaceAll(' ', '-'));
    const image = `registry.example/hello/web@sha256:${'0'.repeat(64)}`;
    own.write('v2.json', JSON.stringify(recordOf('hello', fakeCommit('v2'), { web: image })));
    one.arrange?.(own);
    const result = await runStep({
      action: 'actions/ssh-deploy',
      workspace: own.workspace,
      inputs: {
        environment: 'staging',
        host: `deploy@127.0.0.1:${nobody.port}`,
        'ssh-key': lab.login.privateKey,
        'ssh-known-hosts': `[127.0.0.1]:${nobody.port} ${lab.login.publicKey}`,
        release: 'v2.json',
        version: 'v2',
        env: helloEnv(),
        ...(await one.inputs?.(undefined)),
      },
    });
    expectProblem(result, one, undefined);
    expect(result.exitCode).toBe(1);
    expect(nobody.connections()).toBe(0);
  });
});
