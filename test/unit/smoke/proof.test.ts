import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { smokeProof } from '../../../actions/release/smoke-proof.ts';
import { releaseInputs } from '../../../src/deploy/release-inputs.ts';
import type { Proof } from '../../../src/deploy/carry-out.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { actionsLog } from '../../../src/kit/log.ts';
import { folderWith, ownEnvironment, problemIn, stdoutOf } from '../kit/support.ts';
import { record } from './plan-under-test.ts';
import { closeServers, nobody, serve, text } from './server.ts';

const inputs = ownEnvironment();
const context = { clock: systemClock, log: actionsLog(systemClock) };

/** The smoke test of the root action, for a system with this environment. */
async function proof(environment: string): Promise<Proof> {
  process.env.GITHUB_WORKSPACE = folderWith({
    'slipway.yml': `app: hello\nenvironments: { s: { host: a@b${environment} } }`,
    'release.json': JSON.stringify(record),
  });
  return smokeProof(await releaseInputs(), context);
}

beforeEach(() => {
  inputs({ environment: 's', 'ssh-key': 'line one' });
});
afterEach(closeServers);

const revision = 'expect: { json: { revision: "${service.revision}" } }';

describe('a mistake in the smoke test is an error before anything is deployed', () => {
  test.each([
    ['no url', '', 'url-missing'],
    ['a bad url', ', url: "https://me:secret@x"', 'url-invalid'],
    ['no service', `, url: "http://x", smoke: [{ get: /, ${revision} }]`, 'smoke-service-missing'],
    [
      'an unknown service',
      `, url: "http://x", smoke: [{ get: /, service: db, ${revision} }]`,
      'smoke-service-unknown',
    ],
  ])('%s', async (_, environment, id) => {
    await stdoutOf(async () => {
      expect((await problemIn(proof(environment))).id).toBe(id);
    });
  });

  test('too little time', async () => {
    inputs({ 'smoke-timeout': '1s', 'smoke-interval': '1s' });
    await stdoutOf(async () => {
      expect((await problemIn(proof(', url: "http://x"'))).id).toBe('smoke-timing');
    });
  });
});

describe('the verdict', () => {
  test.each([
    [200, { keep: true, proven: true }],
    [500, { keep: false, proven: false }],
  ])('of an answer %d', async (status, verdict) => {
    const url = await serve(text('', status));
    inputs({ url, 'smoke-timeout': '300ms', 'smoke-interval': '10ms' });
    await stdoutOf(async () => {
      const own = await proof('');
      expect(own.summary()).toEqual([]);
      expect(await own.prove()).toMatchObject(verdict);
      expect(own.summary()[0]).toMatch(/^### Smoke test: /);
    });
  });

  test('of silence: the release stays, unproven', async () => {
    inputs({ url: await nobody(), 'smoke-timeout': '100ms', 'smoke-interval': '10ms' });
    await stdoutOf(async () => {
      expect(await (await proof('')).prove()).toMatchObject({ keep: true, proven: false });
    });
  });
});
