import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeCommit } from '../../lab/build.ts';
import { NOWHERE } from '../../lab/engine.ts';
import { type Host, type Login, makeLogin, pinned } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { expectProblem } from './errors/refused.ts';
import { get, hello, type Hello } from './hello.ts';
import { PORTS, type Sshd, startSshd, traces } from './sshd.ts';

let lab: Lab;
let host: Host;
let jump: Host;
let bare: Host;
let other: Login;
let system: Hello;

beforeAll(async () => {
  lab = await openLab();
  [host, jump, bare] = await Promise.all([
    lab.host('host'),
    lab.host('jump', { ports: PORTS }),
    lab.host('bare'),
  ]);
  other = await makeLogin(lab.folder, 'hop');
  system = hello(lab);
  await system.build('v1');
  // A user that leads on and can do nothing else, with a key that only the jump host knows.
  await jump.exec(
    `useradd -m -s /usr/sbin/nologin hop && install -d -o hop -m 700 /home/hop/.ssh && cat >/home/hop/.ssh/authorized_keys`,
    `restrict,port-forwarding ${other.publicKey}`,
  );
  // Who does not come from the jump host is not let in.
  await host.exec(
    `echo 'AllowUsers deploy@${jump.address}' >>/etc/ssh/sshd_config; kill -HUP $(pgrep -o -x sshd)`,
  );
});

afterAll(() => lab.close());

const both = (...hosts: readonly { knownHosts: string }[]): string =>
  hosts.map(({ knownHosts }) => knownHosts).join('\n');

describe('through a jump host', () => {
  test('the host takes nobody from here, and is released to all the same', async () => {
    const direct = await system.deploy(host, 'v1');
    expect(direct.log).toContain('[ssh-auth-failed]');
    const sshd = await startSshd(jump, 'MaxSessions 1\nPermitTTY no\nMaxAuthTries 1');
    const result = await system.deploy(host.inside, 'v1', {
      'ssh-jump': sshd.target,
      'ssh-known-hosts': both(host.inside, sshd),
    });
    expect(result).toMatchObject({ exitCode: 0, postExitCode: 0, leftovers: [] });
    expect(result.outputs.outcome).toBe('deployed');
    expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
    expect(await host.exec('cat /var/log/sshd.log')).toContain(
      `Accepted publickey for deploy from ${jump.address}`,
    );
    expect((await sshd.log()).match(/Accepted publickey/g)).toHaveLength(1);
    expect(await traces(jump)).toBe('');
  });

  test('with a key and a user of its own, who has no shell; the other key is never shown to it', async () => {
    const sshd = await startSshd(jump, 'MaxAuthTries 1', 'hop');
    const result = await system.deploy(host.inside, 'v1', {
      'ssh-jump': sshd.target,
      'ssh-jump-key': other.privateKey,
      'ssh-known-hosts': both(host.inside, sshd),
    });
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'unchanged' }, leftovers: [] });
    expect(await sshd.log()).not.toContain('Failed publickey');
    expect(result.log).not.toContain(other.privateKey.split('\n')[2]);
  });

  test('named by slipway.yml', async () => {
    const own = hello(lab, 'own-jump');
    own.write('v1.json', system.read('v1.json'));
    own.edit('slipway.yml', 'staging: {}', `staging: { ssh-jump: '${jump.target}' }`);
    const inputs = { 'ssh-known-hosts': both(host.inside, jump) };
    expect((await own.deploy(host.inside, 'v1', inputs)).outputs.outcome).toBe('unchanged');
    expect((await own.rollback(host.inside, inputs)).log).toContain('[nothing-to-roll-back]');
  });
});

describe('when it fails, the one of the two is named that is to blame, and the host is as it was', () => {
  interface Scene {
    readonly jump?: string;
    readonly host?: string;
    readonly lines?: string;
    readonly pins?: (sshd: Sshd) => string;
    readonly id: string;
    /** Who is named. */
    readonly at: 'jump' | 'host';
    readonly says: string;
  }
  const scenes: (Scene & { name: string })[] = [
    { name: 'jump host unreachable', jump: `hop@${NOWHERE}`, id: 'host-unreachable', at: 'jump', says: 'The jump host cannot be reached.' },
    { name: 'jump host refuses', jump: ':9', id: 'host-refused', at: 'jump', says: 'The jump host answers, but nothing listens' },
    { name: 'jump host knows no such user', jump: 'USER', id: 'ssh-auth-failed', at: 'jump', says: 'The jump host does not accept this key for the user intruder' },
    { name: 'jump host wants a password', lines: 'PubkeyAuthentication no\nPasswordAuthentication yes', id: 'ssh-key-not-enough', at: 'jump', says: 'The jump host does not let the user deploy in with a key alone' },
    { name: 'jump host has no pinned key', pins: () => bare.inside.knownHosts, id: 'host-key-not-pinned', at: 'jump', says: 'The pinned keys have none for the jump host' },
    { name: 'jump host has another key', pins: (sshd) => `${bare.inside.knownHosts}\n${pinned(sshd.place, other.publicKey)}`, id: 'host-key-changed', at: 'jump', says: 'The jump host offers another key' },
    { name: 'jump host does not lead on', lines: 'AllowTcpForwarding no', id: 'ssh-jump-forbidden', at: 'jump', says: 'administratively prohibited' },
    { name: 'jump host leads elsewhere only', lines: 'PermitOpen 127.0.0.1:22', id: 'ssh-jump-forbidden', at: 'jump', says: 'administratively prohibited' },
    { name: 'host refuses', host: ':9', id: 'host-refused', at: 'host', says: 'The host answers, but nothing listens' },
    { name: 'host has no such name', host: 'nowhere.invalid', id: 'host-unreachable', at: 'host', says: 'The host cannot be reached from the jump host.' },
    { name: 'host unreachable', host: 'NOWHERE', id: 'host-unreachable', at: 'host', says: 'The host cannot be reached from the jump host.' },
    { name: 'host has another key', pins: (sshd) => `${pinned(bare.inside.at(22), other.publicKey)}\n${sshd.knownHosts}`, id: 'host-key-changed', at: 'host', says: 'The host offers another key' },
    { name: 'host knows no such user', host: 'USER', id: 'ssh-auth-failed', at: 'host', says: 'The host does not accept this key for the user intruder' },
  ]; // prettier-ignore

  test.each(scenes)('$name', async (scene) => {
    const sshd = await startSshd(jump, scene.lines);
    const through =
      scene.jump === 'USER'
        ? sshd.target.replace('deploy', 'intruder')
        : scene.jump === ':9'
          ? jump.closed
          : (scene.jump ?? sshd.target);
    const aims: Record<string, string> = {
      USER: bare.inside.target.replace('deploy', 'intruder'),
      // An address that neither an engine nor the lab itself deals out.
      NOWHERE: `deploy@${bare.address.replace(/\d+$/, '125')}`,
      ':9': bare.inside.closed,
    };
    const aim =
      scene.host === undefined ? bare.inside.target : (aims[scene.host] ?? `deploy@${scene.host}`);
    const result = await system.deploy(bare.inside, 'v1', {
      host: aim,
      'ssh-jump': through,
      'ssh-known-hosts': scene.pins?.(sshd) ?? both(bare.inside, sshd),
    });
    const value = scene.at === 'jump' ? through : aim;
    expectProblem(result, { name: '', id: scene.id, value, fix: '' }, undefined);
    expect(result.log).toContain(scene.says);
    expect(result).toMatchObject({ exitCode: 10, outputs: { outcome: 'aborted' } });
    expect(await traces(bare)).toBe('');
    expect(await traces(jump)).toBe('');
  });
});
