import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, pinned } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { expectProblem } from './errors/refused.ts';
import { hello, type Hello } from './hello.ts';
import { HTTP_CLIENT, httpProxy, type Proxy, SOCKS_CLIENT, socksProxy } from './proxies.ts';
import { traces } from './sshd.ts';

let lab: Lab;
let host: Host;
let jump: Host;
let system: Hello;
let http: Proxy;
let guarded: Proxy;
let socks: Proxy;

/** What a proxy is asked for on the way to a host. */
const asked = (of: Host): string => {
  const { host: name, port } = of.at(22);
  return `${name}:${port}`;
};

beforeAll(async () => {
  lab = await openLab();
  [host, jump] = await Promise.all([lab.host('host'), lab.host('jump')]);
  [http, guarded, socks] = await Promise.all([httpProxy(), httpProxy('a token'), socksProxy()]);
  system = hello(lab);
  await system.build('v1');
  writeFileSync(join(lab.folder, 'http client.cjs'), HTTP_CLIENT);
  writeFileSync(join(lab.folder, 'socks.cjs'), SOCKS_CLIENT);
});

afterAll(async () => {
  await Promise.all([http.stop(), guarded.stop(), socks.stop()]);
  await lab.close();
});

/** A program that cannot be reached by a name of the shell's, at a path with a space. */
const throughHttp = (proxy: Proxy): string =>
  `'${process.execPath}' '${lab.folder}/http client.cjs' ${proxy.port} %h:%p`;

const untouched = async (): Promise<void> => {
  expect(await traces(host)).toBe('');
};

describe('a proxy that is not there or not willing', () => {
  test.each([
    {
      name: 'wants a password',
      command: () => throughHttp(guarded),
      says: 'It said: the proxy says: HTTP/1.1 407 Proxy Authentication Required',
    },
    {
      name: 'a program that does not exist',
      command: () => 'no-such-program %h %p',
      says: 'no-such-program: not found',
    },
    { name: 'a command that says nothing', command: () => 'true', says: 'the proxy command.' },
  ])('$name', async ({ command, says }) => {
    const result = await system.deploy(host, 'v1', { 'ssh-proxy-command': command() });
    const fix = 'Run the command of ssh-proxy-command on the runner';
    expectProblem(result, { name: '', id: 'ssh-proxy-failed', value: host.target, fix }, undefined);
    expect(result.log).toContain(says);
    expect(result).toMatchObject({ exitCode: 10, outputs: { outcome: 'aborted' } });
    await untouched();
  });

  test('a port behind it at which nothing listens', async () => {
    const result = await system.deploy(host, 'v1', {
      host: host.closed,
      'ssh-proxy-command': throughHttp(http),
    });
    expect(result.log).toContain('the proxy says: HTTP/1.1 502 Bad Gateway');
    expect(result.log).toContain('[ssh-proxy-failed]');
  });

  test.each([
    ['nc %h %d', 'ssh knows no %d in a proxy command.'],
    ["nc '%h %p", 'The quotes of the proxy command do not close.'],
    ['nc %h %p\necho', 'The proxy command has more than one line.'],
  ])('%j is refused before anything', async (command, says) => {
    const result = await system.deploy(host, 'v1', { 'ssh-proxy-command': command });
    expect(result.exitCode).toBe(1);
    expect(result.log).toContain(`${says} [bad-proxy-command]`.replaceAll('%', '%25'));
    await untouched();
  });

  test('the host key is pinned behind a proxy as anywhere', async () => {
    const result = await system.deploy(host, 'v1', {
      'ssh-proxy-command': throughHttp(http),
      'ssh-known-hosts': pinned(host.at(22), lab.login.publicKey),
    });
    expect(result.log).toContain('[host-key-changed]');
    await untouched();
  });
});

describe('through a proxy', () => {
  test('HTTP', async () => {
    const result = await system.deploy(host, 'v1', { 'ssh-proxy-command': throughHttp(http) });
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'deployed' }, leftovers: [] });
    expect(http.asked).toContain(asked(host));
  });

  test('SOCKS', async () => {
    const result = await system.deploy(host, 'v1', {
      'ssh-proxy-command': `'${process.execPath}' ${lab.folder}/socks.cjs ${socks.port} %h %p`,
    });
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'unchanged' } });
    expect(socks.asked).toEqual([asked(host)]);
  });

  test('that wants a token from the environment of the step, which holds no input', async () => {
    const shows = join(lab.folder, 'environment');
    writeFileSync(
      join(lab.folder, 'proxy.sh'),
      `env >${shows}\nexec ${process.execPath} '${lab.folder}/http client.cjs' "$@"\n`,
    );
    const result = await system.deploy(
      host,
      'v1',
      { 'ssh-proxy-command': `sh ${lab.folder}/proxy.sh ${guarded.port} %h:%p` },
      { env: { PROXY_TOKEN: 'a token' } },
    );
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'unchanged' } });
    const environment = readFileSync(shows, 'utf8');
    expect(environment).toContain('PROXY_TOKEN=a token');
    expect(environment).not.toContain('INPUT_');
    expect(environment).not.toContain('SSH_AUTH_SOCK');
  });

  test('to a jump host, and from there to the host', async () => {
    const before = http.asked.length;
    const result = await system.deploy(host.inside, 'v1', {
      'ssh-proxy-command': throughHttp(http),
      'ssh-jump': jump.target,
      'ssh-known-hosts': `${host.inside.knownHosts}\n${jump.knownHosts}`,
    });
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'unchanged' } });
    expect(http.asked.slice(before)).toEqual([asked(jump)]);
    expect(await host.exec('cat /var/log/sshd.log')).toContain(
      `Accepted publickey for deploy from ${jump.address}`,
    );
  });
});
