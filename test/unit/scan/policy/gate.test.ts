import { describe, expect, test } from '@jest/globals';
import { type GateSettings, judge, type Judged } from '../../../../src/scan/policy/gate.ts';
import { parseIgnores } from '../../../../src/scan/policy/ignore.ts';
import type { Severity } from '../../../../src/scan/report/finding.ts';
import { sarifFiles } from '../../../../src/scan/report/sarif.ts';
import { formatScan, knownFrom } from '../../../../src/scan/report/scan-file.ts';
import { finding, misconfiguration, pkg, runsOf, scan, strict } from '../report/scene.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const facts = { date: new Date(now), database: undefined, trivy: '0.74.0' };

/** An entry for the finding of this table, until a date. */
function ignores(until: string | undefined) {
  const expiry = until === undefined ? '' : `, expired_at: ${until}`;
  return parseIgnores(
    `vulnerabilities:\n  - { id: CVE-2026-1, statement: not reachable${expiry} }\n`,
    '.trivyignore.yaml',
    now,
  );
}

type Threshold = GateSettings['severity'];
type Ignored = 'no' | 'yes' | 'expired';
type Known = 'no record' | 'known' | 'new';

const table: [
  Severity,
  Threshold,
  boolean,
  boolean,
  Ignored,
  'all' | 'new',
  Known,
  Judged['status'],
][] = [
  // severity, threshold, fixed, fixable only, ignored, fail on, known, status
  ['unknown', 'unknown', true, false, 'no', 'all', 'no record', 'fails'],
  ['unknown', 'low', true, false, 'no', 'all', 'no record', 'below'],
  ['unknown', 'critical', true, false, 'no', 'all', 'no record', 'below'],
  ['unknown', 'none', true, false, 'no', 'all', 'no record', 'below'],
  ['low', 'unknown', true, false, 'no', 'all', 'no record', 'fails'],
  ['low', 'low', true, false, 'no', 'all', 'no record', 'fails'],
  ['low', 'medium', true, false, 'no', 'all', 'no record', 'below'],
  ['low', 'high', true, false, 'no', 'all', 'no record', 'below'],
  ['medium', 'low', true, false, 'no', 'all', 'no record', 'fails'],
  ['medium', 'medium', true, false, 'no', 'all', 'no record', 'fails'],
  ['medium', 'high', true, false, 'no', 'all', 'no record', 'below'],
  ['high', 'medium', true, false, 'no', 'all', 'no record', 'fails'],
  ['high', 'high', true, false, 'no', 'all', 'no record', 'fails'],
  ['high', 'critical', true, false, 'no', 'all', 'no record', 'below'],
  ['high', 'none', true, false, 'no', 'all', 'no record', 'below'],
  ['critical', 'high', true, false, 'no', 'all', 'no record', 'fails'],
  ['critical', 'critical', true, false, 'no', 'all', 'no record', 'fails'],
  ['critical', 'none', true, false, 'no', 'all', 'no record', 'below'],
  ['critical', 'critical', true, true, 'no', 'all', 'no record', 'fails'],
  ['critical', 'critical', false, false, 'no', 'all', 'no record', 'fails'],
  ['critical', 'critical', false, true, 'no', 'all', 'no record', 'unfixable'],
  ['high', 'critical', false, true, 'no', 'all', 'no record', 'below'],
  ['unknown', 'unknown', false, true, 'no', 'all', 'no record', 'unfixable'],
  ['critical', 'none', false, true, 'no', 'all', 'no record', 'below'],
  ['critical', 'high', true, false, 'yes', 'all', 'no record', 'ignored'],
  ['critical', 'none', true, false, 'yes', 'all', 'no record', 'ignored'],
  ['low', 'high', true, false, 'yes', 'all', 'no record', 'ignored'],
  ['critical', 'high', false, true, 'yes', 'all', 'no record', 'ignored'],
  ['critical', 'high', true, false, 'expired', 'all', 'no record', 'fails'],
  ['low', 'high', true, false, 'expired', 'all', 'no record', 'below'],
  ['critical', 'none', true, false, 'expired', 'all', 'no record', 'below'],
  ['critical', 'high', false, true, 'expired', 'all', 'no record', 'unfixable'],
  ['critical', 'high', true, false, 'no', 'new', 'no record', 'fails'],
  ['critical', 'high', true, false, 'no', 'new', 'new', 'fails'],
  ['critical', 'high', true, false, 'no', 'new', 'known', 'known'],
  ['critical', 'high', true, false, 'no', 'all', 'known', 'fails'],
  ['low', 'high', true, false, 'no', 'new', 'new', 'below'],
  ['low', 'high', true, false, 'no', 'new', 'known', 'below'],
  ['critical', 'high', false, true, 'no', 'new', 'known', 'unfixable'],
  ['critical', 'high', false, true, 'no', 'new', 'new', 'unfixable'],
  ['critical', 'high', false, false, 'no', 'new', 'known', 'known'],
  ['critical', 'high', true, false, 'yes', 'new', 'new', 'ignored'],
  ['critical', 'high', true, false, 'yes', 'new', 'known', 'ignored'],
  ['critical', 'high', true, false, 'expired', 'new', 'known', 'known'],
  ['critical', 'high', true, false, 'expired', 'new', 'new', 'fails'],
  ['unknown', 'unknown', true, false, 'no', 'new', 'known', 'known'],
];

describe('the gate', () => {
  test.each(table)(
    '%s at threshold %s, fixed %s, fixable only %s, ignored %s, fail on %s, %s: %s',
    (severity, threshold, fixed, fixableOnly, ignored, failOn, memory, status) => {
      const judgedOne = finding({
        severity,
        package: pkg('openssl', '3.0.15', fixed ? '3.0.17' : undefined),
      });
      const other = finding({ id: 'CVE-2026-2', severity: 'unknown' });
      const scanned = [scan([judgedOne, other])];
      const entries =
        ignored === 'no' ? [] : ignores(ignored === 'yes' ? '2026-12-31' : '2026-11-01');
      const before =
        memory === 'known' ? [scan([finding({ package: pkg('openssl', '3.0.1') })])] : [];
      const known =
        memory === 'no record' ? undefined : knownFrom(formatScan(before, facts), 'scan.json');
      const settings: GateSettings = { ...strict, severity: threshold, fixableOnly, failOn };

      const verdicts = judge(scanned, settings, entries, known);

      const [verdict] = verdicts;
      const all = [...(verdict?.failing ?? []), ...(verdict?.tolerated ?? [])];
      expect(all.find((one) => one.finding === judgedOne)?.status).toBe(status);
      expect(all).toHaveLength(2);
      const expired = ignored === 'expired' && threshold !== 'none';
      const otherFails = threshold === 'unknown';
      expect(verdict?.passed).toBe(status !== 'fails' && !expired && !otherFails);

      // Whatever the gate says, the SARIF has everything.
      const [file, ...more] = sarifFiles(scanned, verdicts, () => undefined, '0.74.0');
      expect(more).toEqual([]);
      const [run] = runsOf(file?.text ?? '');
      expect(run?.results.map(({ ruleId }) => ruleId).sort()).toEqual(['CVE-2026-1', 'CVE-2026-2']);
      expect(run?.results.filter(({ suppressions }) => suppressions)).toHaveLength(
        status === 'ignored' ? 1 : 0,
      );
    },
  );

  test('the worst is told first, and each says why it is tolerated', () => {
    const [verdict] = judge(
      [
        scan([
          finding({ id: 'CVE-1', severity: 'high' }),
          finding({ id: 'CVE-2', severity: 'critical' }),
          finding({ id: 'CVE-3', severity: 'low' }),
          finding({ id: 'CVE-2026-1', severity: 'critical' }),
        ]),
      ],
      strict,
      ignores('2026-12-31'),
      undefined,
    );
    expect(verdict?.failing.map((one) => one.finding.id)).toEqual(['CVE-2', 'CVE-1']);
    expect(verdict?.tolerated.map(({ reason }) => reason)).toEqual([
      'not reachable (until 2026-12-31)',
      'low is below high',
    ]);
  });

  test('each target has a verdict of its own', () => {
    const verdicts = judge(
      [
        scan([finding()]),
        scan([finding({ severity: 'low' })], { target: 'chat' }),
        scan([], { target: 'web' }),
      ],
      strict,
      [],
      undefined,
    );
    expect(verdicts.map(({ target, passed }) => [target, passed])).toEqual([
      ['auth', false],
      ['chat', true],
      ['web', true],
    ]);
  });

  test('a mistake in a file is ours to mend, whatever has no fixed version', () => {
    const [verdict] = judge(
      [scan([misconfiguration()])],
      { ...strict, fixableOnly: true },
      [],
      undefined,
    );
    expect(verdict?.failing).toHaveLength(1);
  });

  test('an expired entry fails with its text, also where what it silenced would be tolerated', () => {
    const [verdict] = judge(
      [scan([finding({ severity: 'low' })])],
      strict,
      ignores('2026-11-21'),
      undefined,
    );
    expect(verdict).toMatchObject({
      passed: false,
      failing: [],
      policy: [
        {
          rule: 'ignore-expired',
          say: 'fail',
          message: 'CVE-2026-1 was ignored until 2026-11-21: not reachable (.trivyignore.yaml:2)',
        },
      ],
    });
  });

  test('the reason of a finding that was ignored once says so', () => {
    const [verdict] = judge([scan([finding()])], strict, ignores('2026-11-01'), undefined);
    expect(verdict?.failing[0]?.reason).toBe('no longer ignored: not reachable (until 2026-11-01)');
  });
});
