import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { judge, type Scanned } from '../../../../src/scan/policy/gate.ts';
import type { Finding } from '../../../../src/scan/report/finding.ts';
import { type SarifFile, sarifFiles } from '../../../../src/scan/report/sarif.ts';
import { SARIF_LIMITS, type SarifRun } from '../../../../src/scan/sarif.ts';
import { finding, runsOf, scan, strict } from './scene.ts';

type Limits = Parameters<typeof sarifFiles>[4];

function filesOf(scanned: readonly Scanned[], most?: Limits): SarifFile[] {
  const verdicts = judge(scanned, strict, [], undefined);
  return sarifFiles(scanned, verdicts, () => undefined, '0.74.0', most);
}

describe("GitHub's limits", () => {
  const many = (count: number, more: (at: number) => Partial<Finding> = () => ({})): Finding[] =>
    Array.from({ length: count }, (_, at) => finding({ id: `CVE-2026-${at}`, ...more(at) }));

  test('twenty runs a file', () => {
    const scanned = Array.from({ length: 45 }, (_, at) =>
      scan([finding()], { target: `service-${at}` }),
    );
    const files = filesOf(scanned);
    expect(files.map(({ text }) => runsOf(text).length)).toEqual([20, 20, 5]);
    const ids = files.flatMap(({ text }) =>
      runsOf(text).map(({ automationDetails: { id } }) => id),
    );
    expect(new Set(ids).size).toBe(45);
  });

  test('nothing was scanned: no file', () => {
    expect(filesOf([])).toEqual([]);
  });

  test('of too many results the worst are kept, and that is said', () => {
    const findings = many(12, (at) => ({
      severity: at === 11 ? 'critical' : at > 5 ? 'medium' : 'low',
    }));
    const [file, ...more] = filesOf([scan(findings)], { ...SARIF_LIMITS, results: 4 });
    expect(more).toEqual([]);
    const [run] = runsOf(file?.text ?? '');
    expect(run?.results.map(({ level }) => level)).toEqual([
      'error',
      'warning',
      'warning',
      'warning',
    ]);
    expect(run?.tool.driver.rules).toHaveLength(4);
    const note =
      'auth: the 4 most severe of 12 findings are in the SARIF file, which is all that GitHub takes.';
    expect(file?.notes).toEqual([note]);
    expect(run?.invocations?.[0]?.toolExecutionNotifications[0]?.message.text).toBe(note);
  });

  test('25,000 by default', () => {
    const [file] = filesOf([scan(many(25_010, () => ({ description: '' })))]);
    // Not held against the schema, which asks whether each result is unlike all others.
    const { runs } = JSON.parse(file?.text ?? '') as { readonly runs: readonly SarifRun[] };
    expect(runs[0]?.results).toHaveLength(25_000);
    expect(file?.notes).toHaveLength(1);
  });

  test('what is too large as one file becomes several, and is cut only then', () => {
    const noise = (): Partial<Finding> => ({ description: randomBytes(300).toString('hex') });
    const scanned = [
      scan(many(20, noise), { target: 'a' }),
      scan(many(20, noise), { target: 'b' }),
      scan(many(100, noise), { target: 'c' }),
    ];
    const most = { ...SARIF_LIMITS, gzipBytes: 22_000 };
    const files = filesOf(scanned, most);
    for (const { text } of files) expect(gzipSync(text).length).toBeLessThanOrEqual(22_000);
    const results = Object.fromEntries(
      files.flatMap(({ text }) =>
        runsOf(text).map(({ automationDetails: { id }, results: its }) => [id, its.length]),
      ),
    );
    expect(results).toEqual({ 'trivy/image/a/': 20, 'trivy/image/b/': 20, 'trivy/image/c/': 50 });
    expect(files.flatMap(({ notes }) => notes)).toHaveLength(1);
  });
});
