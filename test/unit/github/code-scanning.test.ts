import { describe, expect, test } from '@jest/globals';
import { type SarifUpload, uploadSarif } from '../../../src/github/code-scanning.ts';
import { FakeClock, problemIn } from '../kit/support.ts';
import { commit, memory, scene } from './scene.ts';

const { server, access } = scene();
const sarif = '{"version":"2.1.0","runs":[]}\n';

async function upload(more: Partial<SarifUpload> = {}, token?: string) {
  const { log, lines } = memory();
  const clock = new FakeClock();
  const ref = 'refs/heads/main';
  const answer = await uploadSarif(access(token), { sarif, commit, ref, ...more }, { log, clock });
  return { answer, lines, clock };
}
const page = 'https://github.com/acme/saas-chat/security/code-scanning?query=is%3Aopen';

describe('SARIF for code scanning', () => {
  test('arrives as it was', async () => {
    const { answer } = await upload();
    expect(server().codeScanning.uploads).toMatchObject([
      { commit, ref: 'refs/heads/main', sarif },
    ]);
    const { id } = server().codeScanning.uploads[0] ?? {};
    expect(answer).toEqual({ id, url: `${page}%20branch%3Amain` });
  });

  test.each([
    ['refs/pull/7/merge', `${page}%20pr%3A7`],
    ['refs/heads/a b', `${page}%20branch%3Aa%20b`],
    ['refs/tags/v1', page],
  ])('the alerts of %s', async (ref, url) => {
    expect((await upload({ ref })).answer).toMatchObject({ url });
  });

  test('is waited for until GitHub has taken it in', async () => {
    server().codeScanning.progress = ['unseen', 'pending', 'pending', 'complete'];
    const { answer, clock } = await upload();
    expect(answer).toHaveProperty('url');
    expect(clock.sleeps).toEqual([5_000, 5_000, 5_000]);
  });

  test('is not waited for for ever', async () => {
    server().codeScanning.progress = ['pending'];
    const { answer, lines, clock } = await upload();
    expect(answer).toHaveProperty('url');
    expect(clock.now()).toBe(120_000);
    expect(lines.join()).toContain('has not finished with the results yet');
  });

  test('that GitHub cannot use is an error with its words', async () => {
    server().codeScanning.progress = ['pending', 'failed'];
    expect(await problemIn(upload())).toMatchObject({
      id: 'sarif-rejected',
      message: expect.stringContaining('the rule of result 3 is not known'),
    });
  });

  test.each([400, 413])('%s is an error with its words', async (status) => {
    server().faults.push({ on: 'POST /sarifs', status, message: 'Invalid SARIF' });
    expect(await problemIn(upload())).toMatchObject({
      id: 'sarif-rejected',
      message: expect.stringContaining('Invalid SARIF'),
    });
  });
});

describe('where it is not allowed, that is an answer', () => {
  test('a token without the permission, or of a fork', async () => {
    const { answer } = await upload({}, 'reader');
    expect(answer).toEqual({ refused: expect.stringContaining('"security-events: write"') });
    expect(answer).toEqual({ refused: expect.stringContaining('pull request from a fork') });
  });

  test.each([
    [403, 'Advanced Security must be enabled for this repository to use code scanning.'],
    [403, 'Code Security must be enabled for this repository to use code scanning.'],
    [
      403,
      'Code scanning is not enabled for this repository. Please enable code scanning in the repository settings.',
    ],
    [404, 'Code scanning is not enabled for this repository.'],
  ])('%s %s', async (status, message) => {
    server().faults.push({ on: 'POST /sarifs', status, message });
    const { answer } = await upload();
    expect(answer).toEqual({ refused: expect.stringContaining(message) });
    expect(answer).toEqual({ refused: expect.stringContaining('Turn on code scanning') });
  });

  test('a server without code scanning', async () => {
    server().faults.push({ on: 'POST /sarifs', status: 404, message: 'Not Found' });
    expect((await upload()).answer).toEqual({ refused: expect.stringContaining('Not Found') });
  });
});

describe('what has failed is an error', () => {
  test.each<[string, number, string, Record<string, string>]>([
    ['github-denied', 401, 'Bad credentials', {}],
    [
      'github-limit',
      403,
      'API rate limit exceeded',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9999999999' },
    ],
    ['github-failed', 503, 'Service unavailable', {}],
  ])('%s for %s', async (id, status, message, headers) => {
    server().faults.push({ on: 'POST /sarifs', status, message, headers });
    expect((await problemIn(upload())).id).toBe(id);
  });

  test('a moment of weakness is waited out', async () => {
    server().faults.push({ on: 'POST /sarifs', status: 503, times: 2 });
    expect((await upload()).answer).toHaveProperty('url');
  });
});
