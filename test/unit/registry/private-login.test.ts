import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { privateLogin } from '../../../src/registry/private-login.ts';
import { folderWith, stdoutOf } from '../kit/support.ts';

describe('a login of its own', () => {
  const login = { username: 'me', password: 'pass-word' };

  test("is the user's configuration with one login more, for this user alone", async () => {
    const own = folderWith({
      'config.json': JSON.stringify({
        auths: { 'r.example': { auth: 'x' } },
        credsStore: 'desktop',
        credHelpers: { a: 'b' },
      }),
      'buildx/current': 'mine',
    });
    const scratch = folderWith();
    let folder = '';
    const log = await stdoutOf(() => {
      folder = privateLogin(scratch, login, ['ghcr.io'], { DOCKER_CONFIG: own });
    });
    const auth = Buffer.from('me:pass-word').toString('base64');
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toEqual({
      auths: { 'r.example': { auth: 'x' }, 'ghcr.io': { auth } },
      credsStore: 'desktop',
      credHelpers: { a: 'b', 'ghcr.io': '' },
    });
    expect(readFileSync(join(folder, 'buildx/current'), 'utf8')).toBe('mine');
    expect([
      statSync(folder).mode & 0o777,
      statSync(join(folder, 'config.json')).mode & 0o777,
    ]).toEqual([0o700, 0o600]);
    expect(log).toContain(`::add-mask::${auth}`);
  });

  test('needs no configuration to begin with, and knows the name of Docker Hub', () => {
    const folder = privateLogin(folderWith(), login, ['docker.io'], { HOME: folderWith() });
    const { auths } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
      auths: object;
    };
    expect(Object.keys(auths)).toEqual(['https://index.docker.io/v1/']);
  });
});
