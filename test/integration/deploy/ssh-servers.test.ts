import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit } from '../../lab/build.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { expectProblem } from './errors/refused.ts';
import { get, hello, type Hello, helloEnv, ledger } from './hello.ts';
import { PORTS, startSshd, traces } from './sshd.ts';

/** What a server allows at the least. */
const HARDENED = `
AllowUsers deploy
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
PermitTTY no
PermitUserRC no
PermitUserEnvironment no
DisableForwarding yes
Compression no
MaxAuthTries 1
MaxSessions 1
MaxStartups 1
LoginGraceTime 10
Ciphers chacha20-poly1305@openssh.com
KexAlgorithms sntrup761x25519-sha512@openssh.com
HostKeyAlgorithms ssh-ed25519
PubkeyAcceptedAlgorithms ssh-ed25519`;

let lab: Lab;
let host: Host;
let bare: Host;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  const further = { ports: PORTS };
  [host, bare] = await Promise.all([lab.host('servers', further), lab.host('bare', further)]);
  system = hello(lab);
  await system.build('v1');
  await host.exec(
    `printf 'hello\\t1\\nssh: connect to host x: Connection refused\\nHost key verification failed.\\n' >/etc/banner
    printf 'Welcome.\\n' >/etc/motd`,
  );
});

afterAll(() => lab.close());

describe('servers that let us do our work', () => {
  test('a hardened one: one login with one command for each step, one step after the other', async () => {
    const sshd = await startSshd(host, HARDENED);
    const first = await system.deploy(host, 'v1', sshd.inputs);
    expect(first.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
    for (let step = 0; step < 3; step += 1)
      expect((await system.deploy(host, 'v1', sshd.inputs)).outputs.outcome).toBe('unchanged');
    const log = await sshd.log();
    expect(log.match(/Accepted publickey for deploy/g)).toHaveLength(4);
    expect(log.match(/Starting session: command/g)).toHaveLength(4);
    expect(log).not.toContain('MaxStartups');
  });

  test('MaxStartups 1 and steps at the same time: who is turned away comes again', async () => {
    const sshd = await startSshd(host, 'MaxStartups 1');
    const other = hello(lab, 'at-the-same-time');
    other.write('v1.json', system.read('v1.json'));
    const results = await Promise.all([
      system.deploy(host, 'v1', { ...sshd.inputs, 'dry-run': 'true' }),
      other.deploy(host, 'v1', { ...sshd.inputs, 'dry-run': 'true' }),
    ]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });

  test.each([
    ['a banner before the login that looks like words of ssh and of ours', 'Banner /etc/banner'],
    ['a message of the day', 'PrintMotd yes'],
    ['the client must show that it is alive', 'ClientAliveInterval 1\nClientAliveCountMax 1'],
    ['a ForceCommand that runs what was asked for', 'ForceCommand eval "$SSH_ORIGINAL_COMMAND"'],
    ['no subsystem, no SFTP', 'Subsystem sftp /bin/false'],
  ])('%s', async (_, lines) => {
    const sshd = await startSshd(host, lines);
    const result = await system.deploy(host, 'v1', sshd.inputs);
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'unchanged' } });
    expect(await sshd.log()).toContain('Accepted publickey for deploy');
  });

  test('one that closes what is quiet for two seconds: the release is followed to its end', async () => {
    const sshd = await startSshd(host, 'ChannelTimeout session=2s\nUnusedConnectionTimeout 2s');
    const entries = (await ledger(host)).length;
    const result = await system.deploy(host, 'v1', {
      ...sshd.inputs,
      env: helloEnv({ GREETING: 'slow', BOOT_MS: '5000' }),
    });
    expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
    expect(await ledger(host)).toHaveLength(entries + 1);
    expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
  });
});

describe('servers that do not are named, and are left as they were', () => {
  test.each([
    {
      name: 'ForceCommand',
      lines: 'ForceCommand echo only backups here',
      id: 'ssh-command-refused',
      says: 'it ended with exit code 0. It said: only backups here',
      fix: 'without ForceCommand',
    },
    {
      name: 'SFTP only',
      lines: 'ForceCommand internal-sftp',
      id: 'ssh-command-refused',
      says: 'It said: This service allows sftp connections only.',
      fix: 'without ForceCommand',
    },
    {
      name: 'no sessions',
      lines: 'MaxSessions 0',
      id: 'ssh-command-refused',
      says: 'sshd gave it no session (MaxSessions)',
      fix: 'ordinary shell',
    },
    {
      name: 'passwords only',
      lines: 'PubkeyAuthentication no\nPasswordAuthentication yes',
      id: 'ssh-key-not-enough',
      says: 'it wants password.',
      fix: 'PubkeyAuthentication yes',
    },
    {
      name: 'a code besides the key',
      lines:
        'UsePAM yes\nKbdInteractiveAuthentication yes\nAuthenticationMethods publickey,keyboard-interactive',
      id: 'ssh-key-not-enough',
      says: 'it wants keyboard-interactive.',
      fix: 'no AuthenticationMethods that ask for more (Match User deploy)',
    },
    {
      name: 'other users only',
      lines: 'AllowUsers somebody',
      id: 'ssh-auth-failed',
      says: 'does not accept this key for the user deploy',
      fix: 'Add the public key to ~deploy/.ssh/authorized_keys',
    },
    {
      name: 'algorithms of another time',
      lines: 'KexAlgorithms diffie-hellman-group1-sha1',
      id: 'ssh-no-common-algorithm',
      says: 'no key exchange method in common',
      fix: 'It offers diffie-hellman-group1-sha1',
    },
    {
      name: 'nobody, for the time being',
      lines: 'MaxStartups 1\nLoginGraceTime 60',
      before: (port: number) =>
        `(exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}; sleep 60') >/dev/null 2>&1 & sleep 0.5`,
      id: 'connection-dropped',
      says: 'Trying again in',
      fix: 'MaxStartups, PerSourcePenalties or fail2ban',
    },
  ])('$name', async ({ lines, id, says, fix, before }) => {
    const sshd = await startSshd(bare, lines);
    if (before) await bare.exec(before(sshd.port));
    const result = await system.deploy(bare, 'v1', sshd.inputs);
    expectProblem(result, { name: '', id, value: sshd.target, fix }, undefined);
    expect(result.log).toContain(says);
    expect(result).toMatchObject({ exitCode: 10, outputs: { outcome: 'aborted' } });
    expect(await traces(bare)).toBe('');
  });

  test('a key with a command of its own in authorized_keys', async () => {
    const file = '/home/deploy/.ssh/authorized_keys';
    await bare.exec(`cp ${file} ${file}.old; sed -i 's/^/command="borg serve" /' ${file}`);
    const result = await system.deploy(bare, 'v1');
    await bare.exec(`mv ${file}.old ${file}; chown deploy: ${file}`);
    expect(result.log).toContain('[ssh-command-refused]');
    expect(result.log).toContain('it ended with exit code 127');
    expect(await traces(bare)).toBe('');
  });
});
