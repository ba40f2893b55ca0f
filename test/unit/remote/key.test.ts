import { beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { readKey } from '../../../src/remote/key.ts';
import { folderWith, problemOf } from '../kit/support.ts';

const folder = folderWith();
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');

async function keygen(name: string, ...args: string[]): Promise<void> {
  const made = await run('ssh-keygen', ['-q', '-C', 'x', '-f', join(folder, name), ...args]);
  expect(made).toMatchObject({ code: 0 });
}

beforeAll(async () => {
  await keygen('ed25519', '-t', 'ed25519', '-N', '');
  await keygen('ecdsa', '-t', 'ecdsa', '-N', '');
  await keygen('rsa', '-t', 'rsa', '-N', '');
  await keygen('locked', '-t', 'ed25519', '-N', 'secret');
  await keygen('locked-pem', '-t', 'rsa', '-m', 'PEM', '-N', 'secret');
  await keygen('locked-pkcs8', '-t', 'rsa', '-m', 'PKCS8', '-N', 'secret');
});

/** The public half that OpenSSH finds in a private key, out of an agent of its own. */
async function publicHalf(text: string): Promise<string> {
  const { stdout, stderr } = await run('ssh-agent', ['sh', '-c', 'ssh-add - && ssh-add -L'], {
    input: text,
    env: { PATH: process.env.PATH },
  });
  if (stdout === '') throw new Error(stderr);
  return stdout.split(' ').slice(0, 2).join(' ');
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const pem = (key: KeyObject, type: 'pkcs1' | 'sec1' | 'pkcs8'): string =>
  key.export({ format: 'pem', type }).toString();

test.each([
  ['OpenSSH, ed25519', () => file('ed25519')],
  ['OpenSSH, ECDSA', () => file('ecdsa')],
  ['OpenSSH, RSA', () => file('rsa')],
  ['PKCS#1', () => pem(rsa, 'pkcs1')],
  ['SEC1', () => pem(ec, 'sec1')],
  ['SEC1 behind its parameters', () => `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(ec, 'sec1')}`],
  ['PKCS#8, RSA', () => pem(rsa, 'pkcs8')],
  ['PKCS#8, EC', () => pem(ec, 'pkcs8')],
])('%s is the same key for OpenSSH as before', async (_, text) => {
  expect(await publicHalf(readKey(text(), 'ssh-key'))).toBe(await publicHalf(text()));
}); // prettier-ignore

describe('what became of a key on its way', () => {
  test.each([
    ['nothing', (key: string) => key],
    ['no newline at the end', (key: string) => key.trimEnd()],
    ['line ends of Windows', (key: string) => key.replaceAll('\n', '\r\n')],
    ['line ends of old Macs', (key: string) => key.replaceAll('\n', '\r')],
    ['empty lines around it', (key: string) => `\n\n${key}\n\n`],
    ['quotes around it', (key: string) => `"${key}"`],
    ['the indentation of a YAML block', (key: string) => key.replace(/^/gm, '      ')],
    ['spaces at the end of its lines', (key: string) => key.replace(/$/gm, '  ')],
    ['a byte order mark', (key: string) => `\uFEFF${key}`],
    ['line ends as JSON writes them', (key: string) => key.replaceAll('\n', String.raw`\n`)],
    ['one line', (key: string) => key.replaceAll('\n', ' ')],
    ['a name in front, as in a .env file', (key: string) => `SSH_KEY="${key}"`],
  ])('%s', async (_, change) => {
    const mended = readKey(change(file('ed25519')), 'ssh-key');
    expect(mended).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n[^ \r"]+\n-----END OPENSSH PRIVATE KEY-----\n$/); // prettier-ignore
    const known = file('ed25519.pub').split(' ').slice(0, 2).join(' ');
    expect(await publicHalf(mended)).toBe(known);
  });
});

describe('what is no usable key is named', () => {
  const body = (text: string): string => text.split('\n').slice(1, -2).join('\n');
  const sk = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(field),
    Buffer.from([0, 0, 0, 1]),
    field('\0\0\0\x1ask-ssh-ed25519@openssh.com'),
    field('x'),
  ]).toString('base64');

  test.each([
    ['a passphrase', () => file('locked'), 'it has a passphrase', 'ssh-keygen -p -N ""'],
    ['a passphrase, PEM', () => file('locked-pem'), 'it has a passphrase', 'ssh-keygen -p -N ""'],
    ['a passphrase, PKCS#8', () => file('locked-pkcs8'), 'it has a passphrase', 'ssh-keygen -p'],
    ['the public half', () => file('rsa.pub'), 'it is the public half of a key', 'without .pub'],
    ['the public half, PEM', () => `-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----`, 'it is the public half', 'without .pub'],
    ['the public half, RFC 4716', () => `---- BEGIN SSH2 PUBLIC KEY ----\nAAAA`, 'it is the public half', 'without .pub'],
    ['PuTTY', () => 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', 'it is in the format of PuTTY', 'puttygen key.ppk -O private-openssh'],
    ['a certificate', () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'it is a certificate', 'ssh-keygen -t ed25519'],
    ['the end is missing', () => file('ed25519').slice(0, 200), 'it is cut off or damaged', 'whole private key'],
    ['the middle is missing', () => file('rsa').replace(/(-----\n.*\n.*\n)[^]{300}/, '$1'), 'it is cut off or damaged', 'whole private key'],
    ['its last lines are missing', () => file('rsa').replace(/(\n[^-]+){1}\n-----END/, '\n-----END').replace(/[^\n]{100,}/, ''), 'it is cut off or damaged', 'whole private key'],
    ['PEM, cut off', () => pem(rsa, 'pkcs1').replace(/(-----\n.*\n.*\n).*\n.*\n/, '$1'), 'it is cut off or damaged', 'whole private key'],
    ['the beginning is missing', () => file('rsa').replace(/-----\n.*\n/, '-----\n'), 'it is cut off or damaged', 'whole private key'],
    ['something else between', () => file('rsa').replace(/\n.{20}/, '\n…'), 'it is cut off or damaged', 'whole private key'],
    ['nothing between', () => '-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----', 'it is cut off or damaged', 'whole private key'],
    ['base64', () => Buffer.from(file('ed25519')).toString('base64'), 'it is a key in base64', 'base64 -d'],
    ['base64 in lines', () => Buffer.from(file('rsa')).toString('base64').replace(/.{76}/g, '$&\n'), 'it is a key in base64', 'base64 -d'],
    ['no BEGIN and END', () => body(file('ed25519')), 'its BEGIN and END lines are missing', 'with its BEGIN and END lines'],
    ['a hardware token', () => `-----BEGIN OPENSSH PRIVATE KEY-----\n${sk}\n-----END OPENSSH PRIVATE KEY-----`, 'it only works with its hardware token', 'ssh-keygen -t ed25519'],
    ['a password', () => 'hunter2', 'it is no private key', 'whole private key'],
    ['a path', () => '~/.ssh/id_ed25519', 'it is no private key', 'whole private key'],
  ])('%s', (_, text, what, fix) => {
    const problem = problemOf(() => readKey(text(), 'ssh-jump-key'));
    expect(problem).toMatchObject({ id: 'ssh-key-invalid', value: 'ssh-jump-key' });
    expect(problem.message).toContain(`The private key cannot be used: ${what}`);
    expect(problem.fix).toContain(fix);
    expect(problem.fix).toContain('ssh-keygen -t ed25519 -N "" -f deploy-key');
    expect(problem.message + problem.fix).not.toContain('hunter2');
  }); // prettier-ignore
});

function field(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
