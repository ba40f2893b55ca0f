import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitHubServer } from '../../../lab/github/server.ts';
import { Repository } from '../../../unit/detect/repository.ts';
import { lineWith, type Occasion, pull, push, scan, SECRETS } from './system.ts';

const MAY = 'token-that-may';
const MAY_NOT = 'token-that-may-not';

let github: GitHubServer;
let copy: Repository;
let base = '';
let head = '';
beforeEach(async () => {
  const tokens = {
    [MAY]: { 'security-events': 'write' },
    [MAY_NOT]: { 'security-events': 'read' },
  } as const;
  github = await GitHubServer.start({ tokens, repository: 'acme/shop' });
  const origin = await Repository.with({ a: 'one\n' });
  base = await origin.git('rev-parse', 'HEAD');
  head = await origin.commit({ a: lineWith(SECRETS.github) });
  copy = await origin.clone(undefined);
});
afterEach(() => github.close());

function uploading(occasion: Occasion, token = MAY): Occasion {
  return {
    ...occasion,
    inputs: { 'upload-sarif': 'auto', token },
    env: { GITHUB_API_URL: github.url, GITHUB_SHA: head },
  };
}

test('a pull request: its results are handed to code scanning, in a category of their own', async () => {
  const step = await scan(copy, uploading(pull(base, head)));
  expect(step).toMatchObject({ exitCode: 1, outputs: { outcome: 'leaks' } });
  expect(step.summary).toContain('Uploaded: https://github.example/acme/shop/security');
  const [upload] = github.codeScanning.uploads;
  expect(upload).toMatchObject({ commit: head, ref: 'refs/pull/7/merge' });
  expect(upload?.sarif).toBe(readFileSync(join(copy.folder, 'slipway-scan/secrets.sarif'), 'utf8'));
  expect(upload?.sarif).toContain('"automationDetails":{"id":"gitleaks/"}');
  expect(upload?.sarif).not.toContain(SECRETS.github);
});

test('the whole history likewise', async () => {
  const step = await scan(copy, uploading({ event: 'schedule' }));
  expect(step.exitCode).toBe(1);
  expect(github.codeScanning.uploads).toMatchObject([{ ref: 'refs/heads/main' }]);
});

test('a push would close the alerts of what it does not look at', async () => {
  const step = await scan(copy, uploading(push(base, head)));
  expect(step.exitCode).toBe(1);
  expect(github.requests).toEqual([]);
  expect(step.summary).toContain('Not uploaded: a part of the history');
});

test('a token that may not: the reason, and the same verdict', async () => {
  const step = await scan(copy, uploading(pull(base, head), MAY_NOT));
  expect(step).toMatchObject({ exitCode: 1, outputs: { outcome: 'leaks', findings: '1' } });
  expect(step.summary).toMatch(/Not uploaded: .*security-events: write/);
});

test('a GitHub that fails is no reason to fail', async () => {
  github.faults.push({ on: 'POST /code-scanning', status: 400, message: 'Bad Request' });
  const clean = { event: 'schedule', inputs: { fail: 'false' } };
  const step = await scan(copy, {
    ...uploading(clean),
    inputs: { 'upload-sarif': 'auto', token: MAY, fail: 'false' },
  });
  expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'leaks' } });
  expect(step.log).toContain('::warning::Not uploaded: ');
});
