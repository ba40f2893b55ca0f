import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitEvent } from '../../../src/build/event.ts';
import { folderWith } from '../kit/support.ts';

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
