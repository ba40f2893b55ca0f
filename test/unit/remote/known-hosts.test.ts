import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
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

describe('knownHostsText', () => {
  test('is what was pinned, ending in a newline', () => {
    expect(knownHostsText('\n example.com ssh-ed25519 AAAA \n\n', [target])).toBe(
      'example.com ssh-ed25519 AAAA\n',
    );
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
