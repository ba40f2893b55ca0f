import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/kit/clock.ts';
import { UserError } from '../../../src/kit/errors.ts';
import { actionsLog } from '../../../src/kit/log.ts';
import { run } from '../../../src/kit/process.ts';
import {
  type Access,
  connect,
  openAccess,
  sayRetry,
  type Login,
  sshArguments as argumentsOf,
  worthRetrying,
} from '../../../src/remote/connection.ts';
import { parseTarget, type Target } from '../../../src/remote/target.ts';
import { folderWith, ownEnvironment, problemIn, stdoutOf } from '../kit/support.ts';

ownEnvironment();

const target = parseTarget('deploy@example.com:2222');
const access: Access = {
  folder: '/tmp/s',
  agent: { socket: '/tmp/s/agent', publicKeys: () => Promise.resolve([]), stop: () => undefined },
  knownHosts: '',
  knownHostsFile: '/tmp/s/known_hosts',
  identities: undefined,
  jump: undefined,
  proxyCommand: undefined,
};
const sshArguments = (to: Target, by: Access, command: string): string[] =>
  argumentsOf(to, by, command, '/tmp/s/jump.log');

describe('sshArguments', () => {
  test('are exactly these', () => {
    const args = sshArguments(target, access, 'exec true');
    expect(args.slice(0, 3)).toEqual(['-F', '/dev/null', '-T']);
    expect(args.slice(-7)).toEqual(
      ['-p', '2222', '-l', 'deploy', '--', 'example.com', 'exec true'], // prettier-ignore
    );
    const options = args.slice(3, -7);
    expect(options.filter((_, index) => index % 2 === 0).every((arg) => arg === '-o')).toBe(true);
    expect(options).toEqual(expect.arrayContaining(['StrictHostKeyChecking=yes', 'BatchMode=yes']));
  });

  test('the ssh that is installed here understands them as they are meant', async () => {
    const { stdout, stderr, code } = await run('ssh', ['-G', ...sshArguments(target, access, 'x')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const settings: unknown = Object.fromEntries(
      stdout.split('\n').map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]),
    );
    expect(settings).toMatchObject({
      user: 'deploy',
      hostname: 'example.com',
      port: '2222',
      batchmode: 'yes',
      stricthostkeychecking: 'true',
      updatehostkeys: 'false',
      userknownhostsfile: '/tmp/s/known_hosts',
      globalknownhostsfile: '/dev/null',
      identityagent: '/tmp/s/agent',
      identityfile: 'none',
      preferredauthentications: 'publickey',
      connecttimeout: '15',
      serveraliveinterval: '5',
      serveralivecountmax: '3',
      clearallforwardings: 'yes',
      requesttty: 'false',
      forwardagent: 'no',
    });
  });

  test('no key of the runner is offered', async () => {
    const { stdout } = await run('ssh', ['-G', ...sshArguments(target, access, 'x')]);
    expect(stdout.split('\n').filter((line) => line.startsWith('identityfile'))).toEqual([
      'identityfile none',
    ]);
  });

  test('paths may hold spaces', async () => {
    const spaced = {
      ...access,
      agent: { ...access.agent, socket: '/a b/agent' },
      knownHostsFile: '/a b/known_hosts',
    };
    const { code, stdout, stderr } = await run('ssh', ['-G', ...sshArguments(target, spaced, 'x')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('\nidentityagent /a b/agent\n');
    expect(stdout).toContain('\nuserknownhostsfile /a b/known_hosts\n');
  });

  test('an IPv6 address needs no brackets', () => {
    expect(sshArguments(parseTarget('d@[::1]'), access, 'x').slice(-5, -1)).toEqual([
      '-l', 'd', '--', '::1',
    ]); // prettier-ignore
  });
});

describe('the way through a jump host and a proxy', () => {
  const jump = parseTarget('hop@[2001:db8::1]:2022');
  const settings = async (args: readonly string[]): Promise<Map<string, string>> => {
    const { stdout, stderr, code } = await run('ssh', ['-G', ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return new Map(
      stdout
        .split('\n')
        .map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)]),
    );
  };

  test('a proxy command is handed on as it is, and waits for nobody longer than before', async () => {
    const by = { ...access, proxyCommand: `nc -x "a b" %h %p` };
    const own = await settings(sshArguments(target, by, 'x'));
    expect(own.get('proxycommand')).toBe(`nc -x "a b" %h %p`);
    expect(own.get('connecttimeout')).toBe('15');
  });

  test('each hop trusts the same pinned keys, reads no configuration, and is offered its own key alone', async () => {
    const by: Access = {
      ...access,
      jump,
      proxyCommand: `nc '%h' "100%%" %p`,
      identities: ['/tmp/s/host.pub', '/tmp/s/jump.pub'],
    };
    const log = join(folderWith(), 'jump.log');
    const own = await settings(argumentsOf(target, by, 'x', log));
    expect(own.get('identityfile')).toBe('/tmp/s/host.pub');
    // What ssh hands to the shell, after it has put its tokens in place.
    const command = (own.get('proxycommand') ?? '').replaceAll('%%', '%');
    const words = (await run('sh', ['-c', `printf '%s\\0' ${command}`])).stdout.split('\0');
    expect(words[0]).toBe('ssh');
    const hop = await settings(words.slice(1, -1));
    expect(Object.fromEntries(hop)).toMatchObject({
      user: 'hop',
      hostname: '2001:db8::1',
      port: '2022',
      proxycommand: `nc '%h' "100%%" %p`,
      identityfile: '/tmp/s/jump.pub',
      identitiesonly: 'yes',
      identityagent: '/tmp/s/agent',
      stricthostkeychecking: 'true',
      userknownhostsfile: '/tmp/s/known_hosts',
      globalknownhostsfile: '/dev/null',
      batchmode: 'yes',
    });
    expect(words).toEqual(expect.arrayContaining(['-F', '/dev/null', '-E', log]));
    expect(words[words.indexOf('-W') + 1]).toBe('[example.com]:2222');
  });

  test('without keys of their own both get the one that there is', () => {
    const args = sshArguments(target, { ...access, jump }, 'x').join(' ');
    expect(args.match(/IdentityFile=none/g)).toHaveLength(2);
  });
});

describe('openAccess', () => {
  const folder = (): string => {
    const made = folderWith({ state: '' });
    process.env.GITHUB_STATE = join(made, 'state');
    return made;
  };

  const login = (key: string, knownHosts?: string): Login => ({
    key,
    knownHosts,
    jump: undefined,
    proxyCommand: undefined,
  });

  test('writes the pinned keys for nobody else to read, and loads the key', async () => {
    const place = folder();
    const made = await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place, 'k')]);
    expect(made).toMatchObject({ code: 0 });
    const key = readFileSync(join(place, 'k'), 'utf8');
    const opened = await openAccess(
      place,
      login(key, 'example.com ssh-ed25519 A'),
      [target],
      systemClock,
    );
    opened.agent.stop();
    expect(readFileSync(opened.knownHostsFile, 'utf8')).toBe('example.com ssh-ed25519 A\n');
    expect(statSync(opened.knownHostsFile).mode & 0o777).toBe(0o600);
  });

  test('two keys: their public halves tell ssh which one is for whom', async () => {
    const place = folder();
    for (const name of ['own', 'hop'])
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place, name)]);
    const read = (name: string): string => readFileSync(join(place, name), 'utf8');
    const jump = parseTarget('hop@jump.example');
    const opened = await openAccess(
      place,
      { ...login(read('own'), 'a ssh-ed25519 A'), jump: { target: jump, key: read('hop') } },
      [target],
      systemClock,
    );
    opened.agent.stop();
    const half = (name: string): string => read(name).split(' ')[1] ?? '';
    expect(opened.identities?.map((file) => readFileSync(file, 'utf8').split(' ')[1])).toEqual([
      half('own.pub'),
      half('hop.pub'),
    ]);
  });

  test('a jump host is among those that must be pinned', async () => {
    const place = folder();
    const jump = { target: parseTarget('hop@jump.example'), key: undefined };
    const problem = await problemIn(
      openAccess(place, { ...login('key'), jump }, [target], systemClock),
    );
    expect(problem.value).toBe('hop@jump.example, deploy@example.com:2222');
  });

  test('nothing pinned: no agent is started', async () => {
    const place = folder();
    const problem = await problemIn(openAccess(place, login('key'), [target], systemClock));
    expect(problem.id).toBe('host-key-not-pinned');
    expect(readFileSync(join(place, 'state'), 'utf8')).toBe('');
  });
});

describe('connect', () => {
  /** Stands in for ssh in PATH: a real program that shows what it was given. */
  async function fakeSsh(script: string): Promise<void> {
    const folder = folderWith({ ssh: `#!/bin/sh\n${script}\n` });
    await run('chmod', ['755', join(folder, 'ssh')]);
    process.env.PATH = `${folder}:${process.env.PATH ?? ''}`;
  }

  test('gives the program what it needs of the environment, and nothing else', async () => {
    await fakeSsh('env; for arg; do echo "<$arg>"; done');
    process.env.INPUT_SSH_KEY = 'a secret';
    const { process: ssh } = connect(target, access, 'exec true');
    let said = '';
    for await (const chunk of ssh.stdout) said += String(chunk);
    await ssh.exit;
    expect(said).not.toContain('a secret');
    const names = [...said.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(
      names.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? '')).sort(),
    ).toEqual(['HOME', 'LC_ALL', 'PATH', 'SHELL']);
    expect(said).toContain('<example.com>\n<exec true>\n');
  });

  test('explains why it ended, by the last words of ssh', async () => {
    await fakeSsh(
      'yes "a long story" | head -n 20000 >&2; echo "d@h: Permission denied (publickey)." >&2; exit 255',
    );
    const connection = connect(target, access, 'x');
    connection.process.stdout.resume();
    expect(await connection.process.exit).toMatchObject({ code: 255 });
    expect(connection.failure()).toMatchObject({ id: 'ssh-auth-failed' });
  });
});

test.each([
  ['host-unreachable', true],
  ['host-refused', true],
  ['connection-dropped', true],
  ['ssh-proxy-failed', true],
  ['ssh-command-refused', false],
  ['ssh-auth-failed', false],
  ['host-key-changed', false],
  ['host-key-not-pinned', false],
  ['locked', false],
])('%s is worth another attempt: %p', (id, worth) => {
  expect(worthRetrying(new UserError({ id, message: 'm', fix: 'f' }))).toBe(worth);
});

test('a bug is not worth another attempt', () => {
  expect(worthRetrying(new Error('host-unreachable'))).toBe(false);
});

test('sayRetry tells host, reason and pause', async () => {
  const said = await stdoutOf(() => {
    sayRetry(actionsLog(systemClock), target)(new Error('It is down.'), 1_540);
  });
  expect(said).toBe('deploy@example.com:2222: It is down. Trying again in 1.5 s.\n');
});
