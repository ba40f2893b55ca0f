import { describe, expect, test } from '@jest/globals';
import { formatScan, knownFrom } from '../../../../src/scan/report/scan-file.ts';
import { problemOf } from '../../kit/support.ts';
import { finding, misconfiguration, pkg, scan } from './scene.ts';

const facts = {
  date: new Date('2026-11-21T12:00:00Z'),
  database: new Date('2026-11-21T06:00:00Z'),
  trivy: '0.74.0',
};
const openssl = finding();
const dockerfile = misconfiguration();

describe('the results that are kept beside a release', () => {
  test('as they are written', () => {
    const text = formatScan([scan([openssl, dockerfile]), scan([], { target: 'api' })], facts);
    expect(JSON.parse(text)).toEqual({
      schema: 1,
      date: '2026-11-21T12:00:00.000Z',
      database: '2026-11-21T06:00:00.000Z',
      trivy: '0.74.0',
      targets: {
        api: { reference: `ghcr.io/acme/auth@sha256:${'1'.repeat(64)}`, counts: {}, findings: [] },
        auth: {
          reference: `ghcr.io/acme/auth@sha256:${'1'.repeat(64)}`,
          counts: { high: 2 },
          findings: [
            { kind: 'misconfiguration', id: 'DS-0002', severity: 'high', place: 'Dockerfile' },
            {
              kind: 'vulnerability',
              id: 'CVE-2026-1',
              severity: 'high',
              package: 'openssl',
              installed: '3.0.15',
              fixed: '3.0.17',
            },
          ],
        },
      },
    });
  });

  test('the same results are the same bytes, in whatever order they come', () => {
    const one = formatScan([scan([openssl, dockerfile]), scan([], { target: 'api' })], facts);
    const other = formatScan([scan([], { target: 'api' }), scan([dockerfile, openssl])], facts);
    expect(other).toBe(one);
  });

  test('without a database that is said', () => {
    expect(formatScan([], { ...facts, database: undefined })).toContain('"database":null');
  });
});

describe('what was known', () => {
  const known = knownFrom(formatScan([scan([openssl, dockerfile])], facts), 'scan.json');

  test.each([
    ['the same', openssl, true],
    [
      'another version of the package',
      finding({ package: pkg('openssl', '3.0.16', '3.0.18') }),
      true,
    ],
    ['another severity by now', finding({ severity: 'critical' }), true],
    ['another image', finding({ target: 'x', place: 'x' }), true],
    ['another package', finding({ package: pkg('libssl3', '3.0.15') }), false],
    ['another identifier', finding({ id: 'CVE-2026-2' }), false],
    ['another kind', finding({ kind: 'license' }), false],
    ['the file, another line', misconfiguration({ lines: { start: 9, end: 9 } }), true],
    ['another file', misconfiguration({ place: 'other/Dockerfile' }), false],
  ])('%s', (_, found, expected) => {
    expect(known.has('auth', found)).toBe(expected);
  });

  test('a target that was not there had nothing', () => {
    expect(known.has('chat', openssl)).toBe(false);
    expect(known.has('__proto__', openssl)).toBe(false);
  });

  test.each([
    ['no JSON', '{', 'not JSON'],
    ['another format', '{"schema":2}', 'results.schema'],
    ['a list', '[]', 'results'],
  ])('%s is refused', (_, text, said) => {
    const problem = problemOf(() => knownFrom(text, 'scan.json'));
    expect(problem).toMatchObject({ id: 'scan-result-invalid', value: 'scan.json' });
    expect(problem.message).toContain(said);
  });
});
