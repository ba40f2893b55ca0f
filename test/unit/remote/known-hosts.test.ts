import { describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { keyscan, knownHostsText, pinnedFingerprints } from '../../../src/remote/known-hosts.ts';
import { parseTarget } from '../../../src/remote/target.ts';
import { folderWith, problemOf } from '../kit/support.ts';

const target = parseTarget('deploy@example.com');
const other = parseTarget('deploy@b.example.com:2222');

/** A new host key: its public part, and its fingerprint as ssh-keygen prints it. */
async function hostKey(type: string): Promise<{ line: string; fingerprint: string }> {
  const file = join(folderWith(), 'key');
  const made = await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'x@y', '-f', file]);
  expect(made).toMatchObject({ code: 0 });
  const line = readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  const { stdout } = await run('ssh-keygen', ['-l', '-f', `${file}.pub`]);
  return { line, fingerprint: stdout.split(' ')[1] ?? '' };
}

describe('pinnedFingerprints', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'])('%s: as ssh-keygen prints it', async (type) => {
    const { line, fingerprint } = await hostKey(type);
    expect(fingerprint).toMatch(/^SHA256:.{43}$/);
    expect(pinnedFingerprints(`example.com ${line}\n`, target)).toEqual([
      `${line.split(' ')[0] ?? ''} ${fingerprint}`,
    ]);
  });

  test('only keys of this host and port count, and all of them', () => {
    const text = [
      '# example.com ssh-ed25519 AAAA',
      'example.com ssh-ed25519 AAAA',
      'a.example.com,example.com,b.example.com ssh-rsa BBBB',
      '[example.com]:2222 ssh-ed25519 CCCC',
      'example.com.evil.org ssh-ed25519 DDDD',
      'example.com ssh-ed25519',
      '',
    ].join('\n');
    expect(pinnedFingerprints(text, target).map((one) => one.split(' ')[0])).toEqual([
      'ssh-ed25519',
      'ssh-rsa',
    ]);
    expect(pinnedFingerprints(text, parseTarget('d@example.com:2222'))).toHaveLength(1);
    expect(pinnedFingerprints(text, other)).toEqual([]);
  });
});

describe('every way to write a host that OpenSSH knows', () => {
  const named = (hosts: string, wanted = target): number =>
    pinnedFingerprints(`${hosts} ssh-ed25519 AAAA a comment\n`, wanted).length;

  test.each([
    ['Example.COM', 1],
    ['*.com', 1],
    ['exam?le.com', 1],
    ['exam?ple.com', 0],
    ['*', 1],
    ['*.com,!example.com', 0],
    ['!example.com', 0],
    ['!other.com,*.com', 1],
    ['example.co', 0],
    ['exampleXcom', 0],
    ['@cert-authority *.com', 1],
    ['@revoked example.com', 0],
    ['\texample.com', 1],
    ['|1|broken', 0],
  ])('%s: %d', (hosts, count) => {
    expect(named(hosts)).toBe(count);
  });

  test('ports and capitals', () => {
    const capital = parseTarget('deploy@B.Example.com:2222');
    expect(named('[b.example.com]:2222', capital)).toBe(1);
    expect(named('[*.example.com]:2222', other)).toBe(1);
    expect(named('*.example.com', other)).toBe(0);
  });

  test.each(['example.com', '[b.example.com]:2222'])('%s hashed by ssh-keygen', async (hosts) => {
    const { line, fingerprint } = await hostKey('ed25519');
    const file = join(folderWith(), 'known_hosts');
    writeFileSync(file, `${hosts} ${line}\n`);
    expect(await run('ssh-keygen', ['-H', '-f', file])).toMatchObject({ code: 0 });
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^\|1\|/);
    const [own, foreign] = hosts === 'example.com' ? [target, other] : [other, target];
    expect(pinnedFingerprints(text, own)).toEqual([`ssh-ed25519 ${fingerprint}`]);
    expect(pinnedFingerprints(text, foreign)).toEqual([]);
  });
});

describe('knownHostsText', () => {
  test('is what was pinned, ending in a newline', () => {
    expect(knownHostsText('\n example.com ssh-ed25519 AAAA \n\n', [target])).toBe(
      'example.com ssh-ed25519 AAAA\n',
    );
  });

  test('line ends, indentation, comments and markers are what they are elsewhere', () => {
    const text =
      '# example.com:22 SSH-2.0-OpenSSH_9.2\r\n  a ssh-ed25519 AAAA me@here\r\n\r\n@cert-authority *.b ecdsa-sha2-nistp256 AAAA\r\n|1|x=|y= ssh-rsa AAAA\n[c]:22 sk-ssh-ed25519@openssh.com AAAA';
    expect(knownHostsText(text, [target]).split('\n')).toEqual([
      '# example.com:22 SSH-2.0-OpenSSH_9.2',
      'a ssh-ed25519 AAAA me@here',
      '',
      '@cert-authority *.b ecdsa-sha2-nistp256 AAAA',
      '|1|x=|y= ssh-rsa AAAA',
      '[c]:22 sk-ssh-ed25519@openssh.com AAAA',
      '',
    ]);
  });

  test.each([
    ['ssh-ed25519 AAAA root@host', 'has no host name in front of the key'],
    ['SHA256:qZ0bH1uyWKCvXJ5XkvmCmg4jZh7fXOWlV6Z2wI/9r+A', 'is a fingerprint'],
    ['256 SHA256:qZ0bH1uyWKCvXJ5XkvmCmg4jZh7fXOWlV6Z2wI root@host (ED25519)', 'is a fingerprint'],
    ['example.com ssh-ed25519', 'is not "host type key"'],
    ['example.com', 'is not "host type key"'],
    ['getaddrinfo example.com: Name or service not known', 'is not "host type key"'],
  ])('%s %s', (line, what) => {
    const problem = problemOf(() => knownHostsText(`# ours\n${line}`, [target]));
    expect(problem).toMatchObject({ id: 'bad-known-hosts', value: line });
    expect(problem.message).toContain(`Line 2 of ssh-known-hosts ${what}`);
    expect(problem.fix).toContain('ssh-keyscan');
  });

  test.each([undefined, '', ' \n '])(
    '%j pins nothing: the command that gets a key is told',
    (text) => {
      const problem = problemOf(() => knownHostsText(text, [target, other]));
      expect(problem).toMatchObject({
        id: 'host-key-not-pinned',
        value: 'deploy@example.com, deploy@b.example.com:2222',
      });
      expect(problem.fix).toContain(
        'ssh-keyscan -t ed25519 example.com; ssh-keyscan -t ed25519 -p 2222 b.example.com',
      );
      expect(problem.fix).toContain('compare its fingerprint');
    },
  );
});

test('keyscan', () => {
  expect(keyscan(target)).toBe('ssh-keyscan -t ed25519 example.com');
  expect(keyscan(other)).toBe('ssh-keyscan -t ed25519 -p 2222 b.example.com');
});
