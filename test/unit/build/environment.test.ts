import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitEvent } from '../../../src/build/event.ts';
import { privateLogin } from '../../../src/build/login.ts';
import { folderWith, stdoutOf } from '../kit/support.ts';

describe('a login of its own', () => {
  const login = { registry: 'ghcr.io', username: 'me', password: 'pass-word' };

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
      folder = privateLogin(scratch, login, { DOCKER_CONFIG: own });
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
    const folder = privateLogin(
      folderWith(),
      { ...login, registry: 'docker.io' },
      { HOME: folderWith() },
    );
    const { auths } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
      auths: object;
    };
    expect(Object.keys(auths)).toEqual(['https://index.docker.io/v1/']);
  });
});

describe('the event', () => {
  const eventOf = (env: NodeJS.ProcessEnv, payload?: unknown) => {
    const folder = folderWith();
    writeFileSync(
      join(folder, 'event.json'),
      typeof payload === 'string' ? payload : JSON.stringify(payload ?? {}),
    );
    return gitEvent({ ...env, GITHUB_EVENT_PATH: join(folder, 'event.json') });
  };

  test('a pull request says where it wants to go', () => {
    const payload = {
      pull_request: { base: { ref: 'main' } },
      repository: { default_branch: 'main' },
    };
    const env = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' };
    expect(eventOf(env, payload)).toEqual({
      name: 'pull_request',
      ref: 'refs/pull/7/merge',
      baseRef: 'main',
      defaultBranch: 'main',
    });
  });

  test('one from a fork is itself, not the branch that it wants to go to', () => {
    const env = { GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_REF: 'refs/heads/main' };
    expect(eventOf(env, { number: 9 }).ref).toBe('refs/pull/9/merge');
  });

  test('a tag says which branch it was pushed from', () => {
    const env = { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1' };
    expect(eventOf(env, { base_ref: 'refs/heads/main' }).baseRef).toBe('main');
    expect(eventOf(env, { base_ref: null }).baseRef).toBeUndefined();
  });

  test('nothing to read is no error', () => {
    expect(gitEvent({})).toEqual({
      name: '',
      ref: '',
      baseRef: undefined,
      defaultBranch: undefined,
    });
    expect(eventOf({}, 'not JSON').name).toBe('');
  });
});
