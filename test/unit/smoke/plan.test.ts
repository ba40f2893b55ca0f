import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planOf, type SmokeInputs } from '../../../src/smoke/plan.ts';
import type { SmokePlan } from '../../../src/smoke/smoke.ts';
import { targetsOf } from '../../../src/smoke/target.ts';
import { health, planFor, prove, record, REVISION } from './plan-under-test.ts';
import { closeServers, serve } from './server.ts';

afterEach(closeServers);

describe('a plan that cannot be carried out is refused before the first request', () => {
  const cases: [string, Partial<SmokePlan>, string, string | RegExp][] = [
    ['no record', { record: undefined }, 'smoke-record-missing', 'get: /health'],
    [
      'no service',
      { checks: [{ ...health, service: undefined }] },
      'smoke-service-missing',
      'get: /health',
    ],
    ['unknown service', { checks: [{ ...health, service: 'db' }] }, 'smoke-service-unknown', 'db'],
    [
      'no own service',
      { checks: [{ ...health, service: 'toString' }] },
      'smoke-service-unknown',
      'toString',
    ],
    ['too little time', { consecutive: 40, intervalMs: 10 }, 'smoke-timing', /^consecutive 40, /],
    ['no answers', { consecutive: 0 }, 'smoke-timing', /^consecutive 0, /],
  ];

  test.each(cases)('%s', async (_, change, id, value) => {
    let requests = 0;
    const url = await serve(() => (requests += 1));
    const wanted: unknown = typeof value === 'string' ? value : expect.stringMatching(value);
    await expect(prove(planFor(url, change))).rejects.toMatchObject({ id, value: wanted });
    expect(requests).toBe(0);
  });

  test.each([
    ['example.com', 'example.com'],
    ['ftp://example.com', 'ftp://example.com'],
    ['https://me:hidden@example.com', 'example.com'],
  ])('the url %s', async (url, value) => {
    await expect(prove(planFor(url))).rejects.toMatchObject({ id: 'url-invalid', value });
  });
});

test.each([
  ['https://example.com', '/health?deep=1', 'https://example.com/health?deep=1'],
  ['https://example.com/shop/', '/health', 'https://example.com/shop/health'],
  ['https://example.com', '//elsewhere.example/', 'https://example.com//elsewhere.example/'],
])('%s with %s is %s', (url, get, wanted) => {
  expect(targetsOf(planFor(url, { checks: [{ get }] }))[0]?.url.href).toBe(wanted);
});

describe('the plan of the action', () => {
  let workspace = '';
  const inputs = (change: Partial<SmokeInputs>): SmokeInputs => ({
    workspace,
    config: 'slipway.yml',
    environment: undefined,
    url: undefined,
    release: undefined,
    consecutive: 3,
    intervalMs: 500,
    timeoutMs: 60_000,
    ...change,
  });

  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'smoke-'));
  });
  afterEach(() => {
    rmSync(workspace, { recursive: true });
  });
  const describeSystem = (): void => {
    const environments =
      'environments: { staging: { url: https://staging.example.com, smoke: [{ get: /s }] } }';
    writeFileSync(
      join(workspace, 'slipway.yml'),
      `app: hello\nsmoke: [{ get: /top }]\n${environments}\n`,
    );
  };

  test('takes url and checks from the environment', () => {
    describeSystem();
    expect(planOf(inputs({ environment: 'staging' }))).toMatchObject({
      url: 'https://staging.example.com',
      checks: [{ get: '/s' }],
      record: undefined,
    });
  });

  test('the input url wins', () => {
    describeSystem();
    const plan = planOf(inputs({ environment: 'staging', url: 'http://10.0.0.1' }));
    expect(plan).toMatchObject({ url: 'http://10.0.0.1', checks: [{ get: '/s' }] });
  });

  test('without an environment the checks are those of the top level', () => {
    describeSystem();
    expect(planOf(inputs({ url: 'http://10.0.0.1' })).checks).toEqual([{ get: '/top' }]);
    expect(() => planOf(inputs({}))).toThrow('Nothing says which address to test.');
  });

  test('a url alone needs no slipway.yml; an environment, a named file or a release does', () => {
    expect(planOf(inputs({ url: 'http://10.0.0.1' })).checks).toEqual([]);
    for (const more of [
      { environment: 'staging' },
      { config: 'typo.yml' },
      { release: 'r.json' },
    ]) {
      const wanted = inputs({ url: 'http://10.0.0.1', ...more });
      expect(() => planOf(wanted)).toThrow('There is no slipway.yml.');
    }
  });

  test('reads the release record', () => {
    describeSystem();
    writeFileSync(join(workspace, 'release.json'), JSON.stringify(record));
    const plan = planOf(inputs({ url: 'http://10.0.0.1', release: 'release.json' }));
    expect(plan.record?.services.web?.revision).toBe(REVISION);
  });
});
