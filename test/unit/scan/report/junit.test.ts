import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { judge, type Scanned } from '../../../../src/scan/policy/gate.ts';
import { parseIgnores } from '../../../../src/scan/policy/ignore.ts';
import { junitReport } from '../../../../src/scan/report/junit.ts';
import { finding, misconfiguration, scan, strict } from './scene.ts';

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Element[];
}

const reader = `
import json, sys, xml.etree.ElementTree as tree
def show(e): return {'tag': e.tag, 'attributes': e.attrib, 'text': e.text or '', 'children': [show(c) for c in e]}
print(json.dumps(show(tree.fromstring(sys.stdin.buffer.read()))))
`;

/** The suites of the report, read by a parser that is not ours (expat). */
function suitesOf(scanned: readonly Scanned[], ignores = ''): readonly Element[] {
  const verdicts = judge(scanned, strict, parseIgnores(ignores, 'ignore.yaml', 0), undefined);
  const input = junitReport(scanned, verdicts);
  const said = execFileSync('python3', ['-c', reader], { input, encoding: 'utf8' });
  return (JSON.parse(said) as Element).children;
}

describe('JUnit', () => {
  test('a suite for each target; what fails, what is tolerated and why', () => {
    const scanned = [
      scan([
        finding(),
        finding({ id: 'CVE-2026-2', severity: 'low' }),
        finding({ id: 'CVE-2026-3', severity: 'critical' }),
      ]),
      scan([misconfiguration()], { target: 'deploy', kind: 'configuration' }),
    ];
    const suites = suitesOf(
      scanned,
      'vulnerabilities: [{ id: CVE-2026-3, statement: not reachable }]',
    );
    expect(suites.map(({ attributes }) => attributes)).toEqual([
      { name: 'image auth', tests: '3', failures: '1', errors: '0', skipped: '2' },
      { name: 'configuration deploy', tests: '1', failures: '1', errors: '0', skipped: '0' },
    ]);
    expect(
      suites[0]?.children.map(({ attributes, children }) => [
        attributes.name,
        children[0]?.tag,
        children[0]?.attributes.message,
      ]),
    ).toEqual([
      ['CVE-2026-1 in openssl 3.0.15', 'failure', 'openssl: something is read past its end'],
      ['CVE-2026-3 in openssl 3.0.15', 'skipped', 'ignored: not reachable'],
      ['CVE-2026-2 in openssl 3.0.15', 'skipped', 'below: low is below high'],
    ]);
    expect(suites[0]?.children[0]?.children[0]).toMatchObject({
      attributes: { type: 'high' },
      text: 'ghcr.io/acme/auth@sha256:1 (debian 12.5)\nFixed in 3.0.17\nhttps://avd.aquasec.com/nvd/cve-2026-1',
    });
    expect(suites[1]?.children[0]?.attributes.name).toBe('DS-0002 in Dockerfile:3');
  });

  test('a target without findings has a case that is fine', () => {
    const [suite] = suitesOf([scan([])]);
    expect(suite?.attributes).toMatchObject({ tests: '1', failures: '0', skipped: '0' });
    expect(suite?.children).toMatchObject([
      { attributes: { name: 'nothing was found' }, children: [] },
    ]);
  });

  test('what is wrong with the image is a failure, or skipped when it only warns', () => {
    const base = scan([]);
    const os = { family: 'debian', name: '10', endOfLife: true };
    const scanned = [{ ...base, report: { ...base.report, os } }];
    const [suite] = suitesOf(scanned);
    expect(suite?.children[0]).toMatchObject({
      attributes: { name: 'end-of-life' },
      children: [
        { tag: 'failure', attributes: { type: 'policy' }, text: 'Build on a newer base image.' },
      ],
    });
    const verdicts = judge(scanned, { ...strict, endOfLife: 'warn' }, [], undefined);
    expect(junitReport(scanned, verdicts)).toContain(
      '<skipped message="debian 10 gets no more updates',
    );
  });

  test('hostile text is text, and what XML cannot hold is replaced', () => {
    const hostile = `"><failure>]]>&amp;\u0000\u0008\u001b[31m\ufffe\ud800 ö 🙂\n\t'`;
    const [suite] = suitesOf([
      scan([finding({ id: hostile, title: hostile, place: hostile })], { target: hostile }),
    ]);
    const shown = `"><failure>]]>&amp;???[31m?? ö 🙂\n\t'`;
    expect(suite?.attributes.name).toBe(`image ${shown}`);
    expect(suite?.children).toHaveLength(1);
    expect(suite?.children[0]?.children[0]?.attributes.message).toBe(shown);
    expect(suite?.children[0]?.children[0]?.text).toContain(shown);
  });
});
