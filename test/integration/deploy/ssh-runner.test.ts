import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../../lab/engine.ts';
import { type Host, pinned } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { startRelay } from '../../lab/relay.ts';
import type { StepResult } from '../../runner/runner.ts';
import { expectProblem } from './errors/refused.ts';
import { hello, type Hello, helloEnv, stateOf } from './hello.ts';
import { PORTS, startSshd, traces } from './sshd.ts';

let lab: Lab;
let host: Host;
let bare: Host;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  [host, bare] = await Promise.all([lab.host('host', { ports: PORTS }), lab.host('bare')]);
  system = hello(lab);
  await system.build('v1');
  expect((await system.deploy(host, 'v1')).exitCode).toBe(0);
});

afterAll(() => lab.close());

const expectGood = (result: StepResult): void => {
  expect(result).toMatchObject({ exitCode: 0, postExitCode: 0, leftovers: [] });
  expect(result.outputs.outcome).toBe('unchanged');
};

describe('keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

  test.each([
    ['PKCS#1', rsa.export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['SEC1', ec.export({ format: 'pem', type: 'sec1' }).toString()],
    ['PKCS#8, with line ends of Windows', rsa.export({ format: 'pem', type: 'pkcs8' }).toString().replaceAll('\n', '\r\n')],
    ['PKCS#8 of a curve, indented as in YAML', ec.export({ format: 'pem', type: 'pkcs8' }).toString().replaceAll(/^/gm, '  ')],
  ])('%s', async (_, key) => {
    const file = join(lab.folder, 'pem');
    writeFileSync(file, key.replaceAll(/\r|^ +/gm, ''), { mode: 0o600 });
    const half = await sh('ssh-keygen', ['-y', '-f', file]);
    await host.exec('cat >>/home/deploy/.ssh/authorized_keys', `${half}\n`);
    const result = await system.deploy(host, 'v1', { 'ssh-key': key });
    expectGood(result);
    expect(result.log).not.toContain(key.split('\n')[1]);
  }); // prettier-ignore

  test('an OpenSSH key in quotes and in one line', async () => {
    const key = `"${lab.login.privateKey.trimEnd().replaceAll('\n', String.raw`\n`)}"`;
    expectGood(await system.deploy(host, 'v1', { 'ssh-key': key }));
  });

  test.each([
    ['the public half', () => lab.login.publicKey, 'it is the public half of a key', 'without .pub'],
    ['half of it', () => lab.login.privateKey.slice(0, 180), 'it is cut off or damaged', 'whole private key'],
    ['base64 of it', () => Buffer.from(lab.login.privateKey).toString('base64'), 'it is a key in base64', 'base64 -d'],
    ['PuTTY', () => 'PuTTY-User-Key-File-3: ssh-ed25519\n', 'it is in the format of PuTTY', 'puttygen'],
  ])('%s is named', async (_, key, says, fix) => {
    const result = await system.deploy(bare, 'v1', { 'ssh-key': key() });
    expectProblem(result, { name: '', id: 'ssh-key-invalid', value: 'ssh-key', fix }, undefined);
    expect(result.log).toContain(says);
    expect(await traces(bare)).toBe('');
  }); // prettier-ignore

  test('the key of the jump host is named as such', async () => {
    const inputs = { 'ssh-jump': host.target, 'ssh-jump-key': 'x'.repeat(9) };
    const result = await system.deploy(bare, 'v1', inputs);
    expectProblem(
      result,
      { name: '', id: 'ssh-key-invalid', value: 'ssh-jump-key', fix: 'Store the whole' },
      undefined,
    );
  });
});

describe('addresses and pinned keys', () => {
  test('IPv6 addresses and names, with a port', async () => {
    const [v6, v4] = await Promise.all(
      ['::1', '127.0.0.1'].map((listen) => startRelay({ ...host.at(22), listen })),
    );
    const at = (address: string, as: string, { port = 0 } = {}): Record<string, string> => ({
      host: `deploy@${address}:${port}`,
      'ssh-known-hosts': pinned({ host: as, port }, host.key),
    });
    try {
      expectGood(await system.deploy(host, 'v1', at('[::1]', '::1', v6)));
      expectGood(await system.deploy(host, 'v1', at('[0:0::0:1]', '::1', v6)));
      expectGood(await system.deploy(host, 'v1', at('LocalHost', 'localhost', v4)));
    } finally {
      await Promise.all([v6?.stop(), v4?.stop()]);
    }
  });

  test('hashed lines, comments and line ends of Windows', async () => {
    const file = join(lab.folder, 'hashed');
    writeFileSync(file, `${host.knownHosts}\n`);
    await sh('ssh-keygen', ['-H', '-f', file]);
    const text = `# ours\n${readFileSync(file, 'utf8')}`.replaceAll('\n', '\r\n');
    expect(text).toContain('|1|');
    expectGood(await system.deploy(host, 'v1', { 'ssh-known-hosts': text }));
  });

  test('a host that has keys of several types, of which one is pinned', async () => {
    await host.exec(
      `for type in rsa ecdsa; do ssh-keygen -q -t $type -N '' -f /etc/ssh/ssh_host_\${type}_key; done`,
    );
    for (const type of ['rsa', 'ecdsa']) {
      const sshd = await startSshd(host);
      const key = await host.exec(`cut -d ' ' -f 1,2 /etc/ssh/ssh_host_${type}_key.pub`);
      const inputs = { ...sshd.inputs, 'ssh-known-hosts': pinned(sshd.place, key) };
      expectGood(await system.deploy(host, 'v1', inputs));
    }
  });

  test('a certificate of the host, by its authority; another one, and a revoked key, are refused', async () => {
    for (const name of ['authority', 'another'])
      await sh('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(lab.folder, name)]);
    const read = (name: string): string => readFileSync(join(lab.folder, name), 'utf8').trim();
    const key = join(lab.folder, 'of-host.pub');
    writeFileSync(key, await host.exec('cat /etc/ssh/ssh_host_ed25519_key.pub'));
    const authority = join(lab.folder, 'authority');
    const { host: name } = host.at(22);
    await sh('ssh-keygen', ['-q', '-s', authority, '-h', '-I', 'host', '-n', name, key]);
    await host.exec('cat >/etc/ssh/host-cert.pub', read('of-host-cert.pub'));
    const sshd = await startSshd(host, 'HostCertificate /etc/ssh/host-cert.pub');
    const marked = (marker: string, half: string): Record<string, string> => ({
      ...sshd.inputs,
      'ssh-known-hosts': `@${marker} [${name}]:*,${name.replace(/\d+$/, '*')} ${half}`,
    });
    expectGood(await system.deploy(host, 'v1', marked('cert-authority', read('authority.pub'))));
    const before = await stateOf(host);
    const another = await system.deploy(host, 'v1', marked('cert-authority', read('another.pub')));
    expect(another.log).toContain('[host-key-changed]');
    const revoked = await system.deploy(host, 'v1', marked('revoked', read('of-host.pub')));
    expect(revoked.log).toContain('[host-key-revoked]');
    expect(await stateOf(host)).toBe(before);
  });

  test('a fingerprint in the place of a key', async () => {
    const result = await system.deploy(host, 'v1', { 'ssh-known-hosts': `SHA256:${'A'.repeat(43)}` });
    expect(result.log).toContain('Line 1 of ssh-known-hosts is a fingerprint');
    expect(result.log).toContain('[bad-known-hosts]');
  }); // prettier-ignore

  test.each(['~/own place/hello', '/home/deploy/with "quotes" and $HOME'])(
    'the path %s',
    async (path) => {
      const own = hello(lab, `path-${path.length}`);
      own.write('v1.json', system.read('v1.json'));
      const environment = 'production'; // staging has its ledger elsewhere
      const env = helloEnv({ HTTP_PORT: '8080' });
      const result = await own.deploy(host, 'v1', { path, environment, env, 'dry-run': 'true' });
      expect(result.outputs.outcome).toBe('dry-run');
      const folder = path.replace('~', '/home/deploy');
      expect(await host.exec(`ls -d '${folder}'`)).toBe(folder);
    },
  );
});

describe('runners', () => {
  test.each([
    ['very long', 'x'.repeat(90)],
    ['long in bytes, not in characters', 'ü'.repeat(40)],
    ['with spaces', 'my runner/with spaces'],
    ['with what ssh and shells read for themselves', '100%h $HOME "quoted" \'it\''],
  ])('a temporary folder %s: nothing is left in it', async (_, name) => {
    const folder = join(lab.folder, name);
    mkdirSync(folder, { recursive: true });
    const extras = { env: { RUNNER_TEMP: folder } };
    expectGood(await system.deploy(host, 'v1', {}, extras));
    const jump = { 'ssh-jump': bare.target, 'ssh-known-hosts': `${host.inside.knownHosts}\n${bare.knownHosts}` };
    expectGood(await system.deploy(host.inside, 'v1', jump, extras));
    expect(readdirSync(folder)).toEqual([]);
  }); // prettier-ignore

  test('one without OpenSSH', async () => {
    const folder = join(lab.folder, 'empty');
    mkdirSync(folder, { recursive: true });
    const result = await system.deploy(bare, 'v1', {}, { env: { PATH: folder } });
    const fix = /openssh-clients?$/;
    expectProblem(result, { name: '', id: 'ssh-missing', value: 'ssh', fix }, undefined);
    expect(result.exitCode).toBe(10);
  });

  test('one with an OpenSSH of another time', async () => {
    const folder = join(lab.folder, 'old');
    mkdirSync(folder);
    const says = 'OpenSSH_6.6.1p1 Ubuntu-2ubuntu2.13, OpenSSL 1.0.1f 6 Jan 2014';
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho '${says}' >&2\n`, { mode: 0o755 });
    const result = await system.deploy(bare, 'v1', {}, { env: { PATH: `${folder}:/usr/bin:/bin` } });
    const fix = 'update the client: ';
    expectProblem(result, { name: '', id: 'ssh-too-old', value: says, fix }, undefined);
    expect(await traces(bare)).toBe('');
  }); // prettier-ignore

  test('Windows, before anything is read', async () => {
    const file = join(lab.folder, 'windows.cjs');
    writeFileSync(
      file,
      `require('os'); Object.defineProperty(process, 'platform', { value: 'win32' });\n`,
    );
    const result = await system.deploy(
      bare,
      'v1',
      { 'ssh-key': '', environment: '' },
      { env: { NODE_OPTIONS: `--require ${file}` } },
    );
    const fix = 'runs-on: ubuntu-latest';
    expectProblem(result, { name: '', id: 'runner-unsupported', value: 'win32', fix }, undefined);
    expect(result.exitCode).toBe(1);
    expect(existsSync(join(lab.folder, 'hello/.slipway'))).toBe(false);
  });
});
