import { describe, expect, test } from '@jest/globals';
import { judge, type Scanned } from '../../../../src/scan/policy/gate.ts';
import { parseIgnores } from '../../../../src/scan/policy/ignore.ts';
import type { Finding } from '../../../../src/scan/report/finding.ts';
import type { Locate } from '../../../../src/scan/report/location.ts';
import { sarifFiles } from '../../../../src/scan/report/sarif.ts';
import { type SarifRun, sarifUri } from '../../../../src/scan/sarif.ts';
import { finding, misconfiguration, pkg, runsOf, scan, strict } from './scene.ts';

const nowhere: Locate = () => undefined;

/** The one run of one target. */
function runOf(
  findings: readonly Finding[],
  more: Partial<Scanned> = {},
  locate = nowhere,
): SarifRun {
  const scanned = [scan(findings, more)];
  const [file] = sarifFiles(scanned, judge(scanned, strict, [], undefined), locate, '0.74.0');
  const [run] = runsOf(file?.text ?? '');
  if (run === undefined) throw new Error('there is no run');
  return run;
}

describe('a run', () => {
  test('as GitHub gets it', () => {
    expect(runOf([finding({ score: 7.5 })])).toEqual({
      tool: {
        driver: {
          name: 'Trivy',
          version: '0.74.0',
          informationUri: 'https://trivy.dev',
          rules: [
            {
              id: 'CVE-2026-1',
              name: 'Vulnerability',
              shortDescription: { text: 'openssl: something is read past its end' },
              fullDescription: { text: 'It reads past its end.' },
              help: {
                text: 'CVE-2026-1, high. Fixed in 3.0.17. It reads past its end. https://avd.aquasec.com/nvd/cve-2026-1',
                markdown:
                  '**CVE-2026-1**, high. Fixed in 3.0.17.\n\nIt reads past its end.\n\n<https://avd.aquasec.com/nvd/cve-2026-1>',
              },
              helpUri: 'https://avd.aquasec.com/nvd/cve-2026-1',
              defaultConfiguration: { level: 'error' },
              properties: {
                tags: ['vulnerability', 'security', 'high'],
                precision: 'very-high',
                'security-severity': '7.5',
              },
            },
          ],
        },
      },
      automationDetails: { id: 'trivy/image/auth/' },
      results: [
        {
          ruleId: 'CVE-2026-1',
          ruleIndex: 0,
          level: 'error',
          message: {
            text: 'openssl 3.0.15: CVE-2026-1 (high), fixed in 3.0.17. openssl: something is read past its end',
          },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: 'auth' },
                region: { startLine: 1 },
              },
              message: { text: 'ghcr.io/acme/auth@sha256:1 (debian 12.5)' },
            },
          ],
          partialFingerprints: {
            primaryLocationLineHash: expect.stringMatching(/^[0-9a-f]{32}:1$/),
          },
        },
      ],
    });
  });

  test.each([
    ['critical', 'error', '9.5'],
    ['high', 'error', '8.0'],
    ['medium', 'warning', '5.5'],
    ['low', 'note', '2.0'],
    ['unknown', 'note', '0.0'],
  ] as const)('%s is level %s', (severity, level, score) => {
    const { results, tool } = runOf([finding({ severity })]);
    expect(results[0]?.level).toBe(level);
    expect(tool.driver.rules[0]?.properties?.['security-severity']).toBe(score);
  });

  test('a rule that several packages share is there once, as bad as the worst of them', () => {
    const { results, tool } = runOf([
      finding({ severity: 'low' }),
      finding({ severity: 'critical', package: pkg('libssl3', '3.0.15') }),
      finding({ id: 'CVE-2026-2' }),
    ]);
    expect(
      tool.driver.rules.map(({ id, defaultConfiguration }) => [id, defaultConfiguration?.level]),
    ).toEqual([
      ['CVE-2026-1', 'error'],
      ['CVE-2026-2', 'error'],
    ]);
    expect(results.map(({ ruleIndex }) => ruleIndex)).toEqual([0, 1, 0]);
  });

  test('a licence is a rule of its package', () => {
    const { results } = runOf([finding({ kind: 'license', id: 'GPL-3.0-only' })]);
    expect(results[0]?.ruleId).toBe('openssl:GPL-3.0-only');
  });

  test('what is ignored is there, with the reason', () => {
    const scanned = [scan([finding(), finding({ id: 'CVE-2026-2' })])];
    const ignores = parseIgnores(
      'vulnerabilities: [{ id: CVE-2026-1, statement: not reachable }]',
      'x',
      0,
    );
    const [file] = sarifFiles(
      scanned,
      judge(scanned, strict, ignores, undefined),
      nowhere,
      '0.74.0',
    );
    const [run] = runsOf(file?.text ?? '');
    expect(run?.results.map(({ ruleId, suppressions }) => [ruleId, suppressions])).toEqual([
      ['CVE-2026-1', [{ kind: 'external', justification: 'not reachable' }]],
      ['CVE-2026-2', undefined],
    ]);
  });

  test('hostile text stays text', () => {
    const hostile = 'a\u0000\u001b[31m](https://evil) <script>\n::error::x ##[error] \ud800';
    const { tool, results } = runOf(
      [misconfiguration({ title: hostile, description: hostile, place: `${hostile}/Dockerfile` })],
      { kind: 'configuration', reference: '.' },
    );
    const markdown = tool.driver.rules[0]?.help?.markdown ?? '';
    expect(markdown).toContain('\\<script\\>');
    expect(markdown).not.toMatch(/[^\\]\]\(https/);
    expect(results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toMatch(/^[!-~]+$/);
  });
});

describe('places', () => {
  const dockerfile: Locate = ({ target }) =>
    target === 'auth' ? { path: 'services/auth/Dockerfile', line: 7 } : undefined;
  const inFile = (place: string, more: Partial<Finding> = {}) =>
    misconfiguration({ target: place, place, ...more });
  test.each<[string, Finding, Partial<Scanned>, string, object]>([
    ['an image: its Dockerfile', finding(), {}, 'services/auth/Dockerfile', { startLine: 7 }],
    ['an image of others', finding(), { target: 'nginx' }, 'nginx', { startLine: 1 }],
    [
      'a file in one',
      finding({ place: 'app/lib/a b.jar' }),
      { target: 'nginx' },
      'app/lib/a%20b.jar',
      { startLine: 1 },
    ],
    [
      'a secret in one',
      inFile('/app/.env', { kind: 'secret' }),
      { target: 'nginx' },
      'app/.env',
      { startLine: 1 },
    ],
    [
      'a file',
      inFile('Dockerfile'),
      { kind: 'configuration', reference: '.' },
      'Dockerfile',
      { startLine: 3, endLine: 3 },
    ],
    [
      'a file of a folder',
      inFile('k8s/a.yaml'),
      { kind: 'configuration', reference: './deploy/' },
      'deploy/k8s/a.yaml',
      { startLine: 3, endLine: 3 },
    ],
    [
      'the file itself',
      inFile('Dockerfile'),
      { kind: 'configuration', reference: 'a/Dockerfile' },
      'a/Dockerfile',
      { startLine: 3, endLine: 3 },
    ],
    [
      'a lock file',
      finding({ place: 'package-lock.json' }),
      { kind: 'filesystem', reference: 'web' },
      'web/package-lock.json',
      { startLine: 1 },
    ],
    [
      'a folder elsewhere',
      inFile('a'),
      { kind: 'filesystem', reference: '/srv/x' },
      'a',
      { startLine: 3, endLine: 3 },
    ],
    [
      'a folder above',
      inFile('a'),
      { kind: 'filesystem', reference: '../x' },
      'a',
      { startLine: 3, endLine: 3 },
    ],
    [
      'a repository elsewhere',
      inFile('a'),
      { kind: 'repository', reference: 'https://example.com/x' },
      'a',
      { startLine: 3, endLine: 3 },
    ],
    [
      'an SBOM',
      finding({ place: 'Node.js' }),
      { kind: 'sbom', target: 'bom', reference: 'out/bom.json' },
      'out/bom.json',
      { startLine: 1 },
    ],
  ])('%s', (_, found, more, uri, region) => {
    const { results } = runOf([found], more, dockerfile);
    expect(results[0]?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri },
      region,
    });
  });

  test('a path is written as a URI', () => {
    expect(sarifUri('a b/ü%#?.yaml')).toBe('a%20b/%C3%BC%25%23%3F.yaml');
  });
});

describe('what GitHub knows an alert by', () => {
  const print = (found: readonly Finding[], more?: Partial<Scanned>): string[] =>
    runOf(found, more).results.map(
      ({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash,
    );

  test.each<[string, Finding, Finding]>([
    ['another version', finding(), finding({ package: pkg('openssl', '3.0.16', '3.0.18') })],
    ['another digest', finding(), finding({ target: 'x@sha256:2', place: 'x@sha256:2' })],
    ['another path of the package', finding(), finding({ place: 'app/openssl-3.0.16.jar' })],
    ['another severity and title', finding(), finding({ severity: 'low', title: 'x' })],
    ['another line', misconfiguration(), misconfiguration({ lines: { start: 9, end: 9 } })],
  ])('stays with %s', (_, one, other) => {
    expect(print([other])).toEqual(print([one]));
  });

  test.each<[string, Finding, Finding]>([
    ['another package', finding(), finding({ package: pkg('libssl3', '3.0.15') })],
    ['another identifier', finding(), finding({ id: 'CVE-2026-2' })],
    ['another file', misconfiguration(), misconfiguration({ place: 'b/Dockerfile' })],
  ])('is another one for %s', (_, one, other) => {
    expect(print([other])).not.toEqual(print([one]));
  });

  test('what is the same twice is numbered', () => {
    const [one = '', other = ''] = print([
      misconfiguration(),
      misconfiguration({ lines: { start: 9, end: 9 } }),
    ]);
    expect(other).toBe(one.replace(/:1$/, ':2'));
  });

  test('the category is that of kind and target, and of nothing else', () => {
    const id = (more: Partial<Scanned>): string => runOf([], more).automationDetails.id;
    expect(id({ reference: 'x@sha256:2' })).toBe('trivy/image/auth/');
    expect(id({ kind: 'configuration', target: 'deploy/k8s' })).toBe(
      'trivy/configuration/deploy/k8s/',
    );
  });
});
