import { describe, expect, test } from '@jest/globals';
import { type GateSettings, judge, type Scanned } from '../../../../src/scan/policy/gate.ts';
import { parseIgnores } from '../../../../src/scan/policy/ignore.ts';
import { unusedIgnores } from '../../../../src/scan/policy/image.ts';
import type { Finding } from '../../../../src/scan/report/finding.ts';
import { scanSummary } from '../../../../src/scan/report/summary.ts';
import { finding, misconfiguration, pkg, scan, strict } from './scene.ts';

function summaryOf(
  scanned: readonly Scanned[],
  more: Partial<GateSettings> = {},
  ignoreFile = '',
): string {
  const ignores = parseIgnores(ignoreFile, '.trivyignore.yaml', Date.parse('2026-11-21'));
  const unused = unusedIgnores(
    ignores,
    scanned.map(({ report }) => report),
  );
  return scanSummary(
    scanned,
    judge(scanned, { ...strict, ...more }, ignores, undefined),
    unused,
  ).join('\n\n');
}
const firstLine = (scanned: readonly Scanned[], more?: Partial<GateSettings>): string =>
  summaryOf(scanned, more).split('\n')[0] ?? '';

const critical = (more: Partial<Finding>): Finding => finding({ severity: 'critical', ...more });

describe('the first line says what to do first', () => {
  test('one update that mends the most', () => {
    const scanned = [
      scan([
        finding({ id: 'CVE-1' }),
        critical({ id: 'CVE-2', package: pkg('openssl', '3.0.15', '3.0.16') }),
        finding({ id: 'CVE-3', package: pkg('curl', '7.1', '7.2') }),
      ]),
      scan([finding({ id: 'CVE-1' })], { target: 'chat' }),
    ];
    expect(firstLine(scanned)).toBe(
      '### Update openssl 3.0.15 to 3.0.17 in auth, chat: mends 1 critical, 2 high, then 1 thing more',
    );
  });

  test('one critical weighs more than many high ones', () => {
    const scanned = [
      scan([
        ...Array.from({ length: 30 }, (_, at) => finding({ id: `CVE-${at}` })),
        critical({ package: pkg('zlib', '1', '2') }),
      ]),
    ];
    expect(firstLine(scanned)).toContain('Update zlib 1 to 2 in auth: mends 1 critical');
  });

  test('packages of one name in two ecosystems are two', () => {
    const jar = { ...pkg('openssl', '1.0', '2.0'), purl: 'pkg:maven/openssl@1.0' };
    expect(firstLine([scan([finding(), finding({ id: 'CVE-2', package: jar })])])).toBe(
      '### Update openssl 3.0.15 to 3.0.17 in auth: mends 1 high, then 1 thing more',
    );
  });

  test.each<[string, Finding, string]>([
    [
      'the nearest of several lines of versions',
      critical({ package: pkg('minimist', '1.2.5', '0.2.4, 1.2.6, 2.0.0') }),
      'Update minimist 1.2.5 to 1.2.6 in auth: mends 1 critical',
    ],
    [
      'numbers count as numbers',
      critical({ package: pkg('curl', '7.9.0', '7.10.0, 7.8.9') }),
      'Update curl 7.9.0 to 7.10.0 in auth: mends 1 critical',
    ],
    [
      'nothing mends it yet',
      critical({ package: pkg('zlib', '1.2') }),
      'Replace zlib 1.2 (no fixed version yet), or ignore CVE-2026-1 until a date, in auth: mends 1 critical',
    ],
    [
      'a secret',
      misconfiguration({
        kind: 'secret',
        id: 'github-pat',
        place: '/app/.env',
        target: '/app/.env',
      }),
      'Make the secret (github-pat) at app/.env:3 worthless and take it out in auth: mends 1 high',
    ],
    ['a line of a file', misconfiguration(), 'Mend DS-0002 at Dockerfile:3 in auth: mends 1 high'],
    [
      'a licence',
      finding({ kind: 'license', id: 'AGPL-3.0-only', package: pkg('readline', '') }),
      'Replace readline, which is under AGPL-3.0-only in auth: mends 1 high',
    ],
  ])('%s', (_, found, expected) => {
    expect(firstLine([scan([found])])).toBe(`### ${expected}`);
  });

  test('only the image itself is wrong', () => {
    const base = scan([]);
    const image = { size: 1, user: '', digest: undefined };
    expect(firstLine([{ ...base, report: { ...base.report, image } }])).toContain(
      '### auth: The image runs as root: it names no user. Add "USER"',
    );
  });

  test('nothing', () => {
    expect(firstLine([scan([finding()])], { severity: 'none' })).toBe(
      '### Nothing to do: no finding fails',
    );
  });
});

describe('the summary', () => {
  test('counts by severity and target, unknown ones too', () => {
    const text = summaryOf([
      scan([finding(), critical({ id: 'CVE-2' }), finding({ id: 'CVE-3', severity: 'unknown' })]),
      scan([], { target: 'chat' }),
    ]);
    expect(text).toContain(
      '| Target | critical | high | medium | low | unknown | fails | verdict |',
    );
    expect(text).toContain('| auth | 1 | 1 | 0 | 0 | 1 | 2 | **failed** |');
    expect(text).toContain('| chat | 0 | 0 | 0 | 0 | 0 | 0 | passed |');
    expect(text).toContain(
      '1 of 2 targets failed, with 2 findings. Tolerated: 1 below the threshold.',
    );
  });

  test('packages over all targets, with links', () => {
    const text = summaryOf([
      scan([finding()]),
      scan([finding({ id: 'CVE-2', url: undefined })], { target: 'chat' }),
    ]);
    expect(text).toContain(
      '| Update openssl 3.0.15 to 3.0.17 | openssl: something is read past its end | auth, chat | 2 high | [CVE-2026-1](<https://avd.aquasec.com/nvd/cve-2026-1>), CVE-2 |',
    );
  });

  test('what is ignored and until when, and what nothing needs', () => {
    const text = summaryOf(
      [scan([finding()])],
      {},
      [
        'vulnerabilities:',
        '  - { id: CVE-2026-1, statement: not reachable, expired_at: 2026-12-31 }',
        '  - { id: CVE-2020-1, statement: old }',
      ].join('\n'),
    );
    expect(text).toContain('not reachable (until 2026-12-31) |');
    expect(text).toContain('take them out');
    expect(text).toContain('| `.trivyignore.yaml:3` | CVE-2020-1 | old |');
  });

  test('an entry that has expired fails with its text', () => {
    const text = summaryOf(
      [scan([finding()])],
      {},
      'vulnerabilities:\n  - { id: CVE-2026-1, statement: not reachable, expired_at: 2026-11-01 }',
    );
    expect(text).toContain(
      'CVE-2026-1 was ignored until 2026-11-01: not reachable (.trivyignore.yaml:2)',
    );
  });

  test('hostile text is text', () => {
    const hostile = 'x|</td><script>alert(1)</script>\n\n# Big\n`[a](https://evil)`\u001b[31m';
    const found = [
      finding({ id: hostile, package: pkg(hostile, hostile, hostile) }),
      misconfiguration({ id: hostile, title: hostile, place: hostile, target: hostile }),
    ];
    const text = summaryOf([scan(found, { target: hostile })]);
    expect(text).not.toMatch(/[^\\]<script|^# Big|[^\\]\]\(https/m);
    expect(text).not.toContain('\u001b');
    for (const line of text.split('\n').filter((one) => one.startsWith('| x')))
      expect(line.match(/(?<!\\)\|/g)?.length).toBeLessThanOrEqual(9);
  });

  test('whatever is found, it stays below the 1 MiB that GitHub takes', () => {
    const long = '🙂|'.repeat(500);
    const all = (kind: Finding['kind']): Finding[] =>
      Array.from({ length: 1_000 }, (_, at) =>
        finding({
          kind,
          id: `${at}${long}`,
          title: long,
          place: long,
          package: pkg(`${at}${long}`, long, long),
          url: `https://example.com/${'a'.repeat(500)}`,
        }),
      );
    const scanned = Array.from({ length: 60 }, (_, at) =>
      scan(at < 4 ? [...all('vulnerability'), ...all('license')] : [finding()], {
        target: `${at}${long}`,
      }),
    );
    const text = summaryOf(scanned);
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text).toContain('50 of 60 shown');
    expect(text).toContain('50 of 2001 shown');
  });
});
