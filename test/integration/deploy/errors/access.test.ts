import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NOWHERE, sh } from '../../../lab/engine.ts';
import { type Host, type Login, makeLogin, pinned, targetAt } from '../../../lab/host.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { hello, type Hello, stateOf } from '../hello.ts';
import { type Case, expectProblem } from './refused.ts';

const CASES: readonly Case[] = [
  {
    name: 'another host key than the pinned one',
    id: 'host-key-changed',
    value: ({ host }) => host.target,
    fix: 'Find out why before anything else',
    inputs: ({ host, other }) => ({ 'ssh-known-hosts': pinned(host.at(22), other.publicKey) }),
    says: async ({ host, other }) => {
      const offered = await host.exec('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
      const expected = await sh('ssh-keygen', ['-lf', '-'], { input: other.publicKey });
      return [
        `expected ssh-ed25519 ${expected.split(' ')[1] ?? '?'}`,
        `offered ${offered.split(' ')[1] ?? '?'}`,
      ];
    },
  },
  {
    name: 'no host key pinned at all',
    id: 'host-key-not-pinned',
    value: ({ host }) => host.target,
    fix: /ssh-keyscan -t ed25519 (-p \d+ )?[\d.]+ - and compare its fingerprint/,
    inputs: () => ({ 'ssh-known-hosts': '' }),
  },
  {
    name: 'only the key of another host pinned',
    id: 'host-key-not-pinned',
    value: ({ host }) => host.target,
    fix: /Add the output of "ssh-keyscan -t ed25519 (-p \d+ )?[\d.]+" to ssh-known-hosts/,
    inputs: ({ other }) => ({ 'ssh-known-hosts': `elsewhere.example ${other.publicKey}` }),
  },
  {
    name: 'a user who may not log in',
    id: 'ssh-auth-failed',
    value: ({ host }) => targetAt(host.at(22), 'intruder'),
    fix: 'Add the public key to ~intruder/.ssh/authorized_keys on the host',
    inputs: ({ host }) => ({ host: targetAt(host.at(22), 'intruder') }),
  },
  {
    name: 'a key that the host does not know',
    id: 'ssh-auth-failed',
    value: ({ host }) => host.target,
    fix: 'Add the public key to ~deploy/.ssh/authorized_keys on the host',
    inputs: ({ other }) => ({ 'ssh-key': other.privateKey }),
  },
  {
    name: 'an address at which nothing is',
    id: 'host-unreachable',
    value: `deploy@${NOWHERE}`,
    fix: 'Check its name, its firewall, and that it is up.',
    inputs: () => ({ host: `deploy@${NOWHERE}` }),
  },
  {
    name: 'a port at which nothing listens',
    id: 'host-refused',
    value: ({ host }) => host.closed,
    fix: 'Check the port (9) and that sshd runs: systemctl status ssh',
    inputs: ({ host }) => ({ host: host.closed }),
  },
  {
    name: 'a key with a passphrase',
    id: 'ssh-key-invalid',
    value: 'ssh-key',
    fix: 'A key with a passphrase cannot be used; make one for this purpose: ssh-keygen -t ed25519 -N ""',
    inputs: async ({ system }) => ({ 'ssh-key': await lockedKey(system.workspace) }),
  },
  {
    name: 'something that is no key',
    id: 'ssh-key-invalid',
    value: 'ssh-key',
    fix: 'Store the whole private key, with its BEGIN and END lines, in the secret.',
    inputs: () => ({ 'ssh-key': 'not-a-private-key-at-all' }),
  },
];

let lab: Lab;
let host: Host;
let system: Hello;
let other: Login;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('errors');
  other = await makeLogin(lab.folder, 'other');
  system = hello(lab);
  await system.build('v1');
  await system.build('v2');
  expect((await system.deploy(host, 'v1')).exitCode).toBe(0);
});

afterAll(() => lab.close());

describe('who cannot get onto the host says so and changes nothing', () => {
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
    // A host that was not asked, or said that it serves v1: neither serves nothing.
    expect(result.outputs.sentence).not.toContain('serves nothing');
    expect(await stateOf(host)).toBe(before);
  });
});

/** A private key that needs a passphrase. */
async function lockedKey(folder: string): Promise<string> {
  const file = join(folder, 'locked');
  await sh('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', file]);
  const key = await readFile(file, 'utf8');
  rmSync(file);
  return key;
}
