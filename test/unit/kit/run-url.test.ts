import { describe, expect, test } from '@jest/globals';
import { runUrl } from '../../../src/kit/run-url.ts';

describe('runUrl', () => {
  const env = {
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'acme/saas-chat',
    GITHUB_RUN_ID: '7',
  };

  test('is the page of the run', () => {
    expect(runUrl(env)).toBe('https://github.com/acme/saas-chat/actions/runs/7');
  });

  test.each(Object.keys(env))('without %s there is none', (name) => {
    expect(runUrl({ ...env, [name]: '' })).toBeUndefined();
  });
});
