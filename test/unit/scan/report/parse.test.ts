import { describe, expect, test } from '@jest/globals';
import { parseReport } from '../../../../src/scan/report/parse.ts';
import { problemOf } from '../../kit/support.ts';

const metadata = {
  Size: 128_000_000,
  OS: { Family: 'debian', Name: '12.5' },
  RepoDigests: [`ghcr.io/acme/auth@sha256:${'1'.repeat(64)}`],
  ImageConfig: { architecture: 'amd64', config: { User: 'app', Env: ['A=b'] } },
};

function json(results: unknown, more: object = {}): string {
  return JSON.stringify({
    SchemaVersion: 2,
    Trivy: { Version: '0.74.0' },
    ArtifactName: 'ghcr.io/acme/auth',
    ArtifactType: 'container_image',
    Metadata: metadata,
    Results: results,
    ...more,
  });
}
const vulnerability = {
  VulnerabilityID: 'CVE-2026-1',
  PkgID: 'openssl@3.0.15-1',
  PkgName: 'openssl',
  PkgIdentifier: { PURL: 'pkg:deb/debian/openssl@3.0.15-1', UID: '1' },
  InstalledVersion: '3.0.15-1',
  FixedVersion: '3.0.17-1',
  Status: 'fixed',
  SeveritySource: 'debian',
  Severity: 'HIGH',
  CVSS: { nvd: { V3Score: 9.8 }, debian: { V3Score: 7.5 } },
  PrimaryURL: 'https://avd.aquasec.com/nvd/cve-2026-1',
  Title: 'openssl: read past the end',
  Description: 'Long.',
  References: ['https://example.com'],
};
const target = 'ghcr.io/acme/auth@sha256:1 (debian 12.5)';
const first = (result: object) =>
  parseReport(json([{ Target: target, ...result }]), 'auth').findings[0];

describe('a report of an image', () => {
  test('what it is', () => {
    const report = parseReport(json([{ Target: target, Class: 'os-pkgs' }]), 'auth');
    expect(report).toEqual({
      artifact: 'ghcr.io/acme/auth',
      type: 'container_image',
      os: { family: 'debian', name: '12.5', endOfLife: false },
      image: { size: 128_000_000, user: 'app', digest: `sha256:${'1'.repeat(64)}` },
      findings: [],
      classes: ['os-pkgs'],
    });
  });

  test('a distribution at its end', () => {
    const os = { Family: 'debian', Name: '10.13', EOSL: true };
    const report = parseReport(json([], { Metadata: { ...metadata, OS: os } }), 'auth');
    expect(report.os?.endOfLife).toBe(true);
  });

  test.each([
    ['without a distribution', { Metadata: { ...metadata, OS: undefined } }, { os: undefined }],
    [
      'with nothing said of it',
      { Metadata: undefined },
      { image: { size: undefined, user: '', digest: undefined } },
    ],
    ['without a user', { Metadata: { ImageConfig: { config: {} } } }, { image: { user: '' } }],
    ['without a configuration', { Metadata: { ImageConfig: {} } }, { image: { user: '' } }],
    ['without results', { Results: null }, { findings: [], classes: [] }],
    ['of files', { ArtifactType: 'filesystem' }, { image: undefined }],
    ['of an SBOM', { ArtifactType: 'cyclonedx' }, { image: undefined, type: 'cyclonedx' }],
  ])('%s', (_, more, expected) => {
    expect(parseReport(json([], more), 'auth')).toMatchObject(expected);
  });
});

describe('findings', () => {
  test('a vulnerability', () => {
    expect(first({ Vulnerabilities: [vulnerability] })).toEqual({
      kind: 'vulnerability',
      id: 'CVE-2026-1',
      severity: 'high',
      score: 7.5,
      title: 'openssl: read past the end',
      description: 'Long.',
      url: 'https://avd.aquasec.com/nvd/cve-2026-1',
      package: {
        name: 'openssl',
        installed: '3.0.15-1',
        fixed: '3.0.17-1',
        purl: 'pkg:deb/debian/openssl@3.0.15-1',
      },
      target,
      place: target,
    });
  });

  test.each([
    ['CRITICAL', 'critical'],
    ['UNKNOWN', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
    ['NEGLIGIBLE', 'unknown'],
    ['toString', 'unknown'],
    [7, 'unknown'],
  ])('severity %j is %s', (Severity, expected) => {
    expect(first({ Vulnerabilities: [{ ...vulnerability, Severity }] })?.severity).toBe(expected);
  });

  test('what has no title is called by its description, or its identifier', () => {
    const bare = { VulnerabilityID: 'CVE-2026-1', PkgName: 'openssl' };
    expect(first({ Vulnerabilities: [bare] })).toMatchObject({
      title: 'CVE-2026-1',
      url: undefined,
      package: { installed: '', fixed: undefined, purl: undefined },
    });
    expect(first({ Vulnerabilities: [{ ...bare, Description: 'One.\nTwo.' }] })?.title).toBe(
      'One.',
    );
  });

  test.each([
    'javascript:alert(1)',
    'https://a b',
    'https://a>)[x](y',
    '//evil',
    'file:///etc/passwd',
  ])('%s is no address', (PrimaryURL) => {
    expect(first({ Vulnerabilities: [{ ...vulnerability, PrimaryURL }] })?.url).toBeUndefined();
  });

  test('the path of a package, and the line of its lock file', () => {
    const [jar, npm] = parseReport(
      json([
        { Target: 'Java', Vulnerabilities: [{ ...vulnerability, PkgPath: 'app/lib/a.jar' }] },
        {
          Target: 'package-lock.json',
          Packages: [
            { Name: 'openssl', Version: '3.0.15-1', Locations: [{ StartLine: 12, EndLine: 20 }] },
            { Name: 'openssl', Version: '2', Locations: [{ StartLine: 1, EndLine: 2 }] },
          ],
          Vulnerabilities: [vulnerability],
        },
      ]),
      'auth',
    ).findings;
    expect(jar).toMatchObject({ target: 'Java', place: 'app/lib/a.jar' });
    expect(npm).toMatchObject({ place: 'package-lock.json', lines: { start: 12, end: 20 } });
  });

  test('a misconfiguration, of those that failed', () => {
    const misconfiguration = {
      ID: 'DS-0002',
      AVDID: 'AVD-DS-0002',
      Title: 'Image user',
      Message: "Last USER is 'root'",
      Description: 'Why.',
      Resolution: 'Add USER.',
      Severity: 'HIGH',
      Status: 'FAIL',
      CauseMetadata: { StartLine: 3, EndLine: 0 },
    };
    const report = parseReport(
      json([
        {
          Target: 'Dockerfile',
          Class: 'config',
          Misconfigurations: [
            misconfiguration,
            { ...misconfiguration, Status: 'PASS' },
            { ...misconfiguration, Status: 'EXCEPTION' },
            { ...misconfiguration, CauseMetadata: {}, AVDID: 'DS-0002' },
          ],
        },
      ]),
      'x',
    );
    expect(report.findings).toHaveLength(2);
    expect(report.findings[0]).toMatchObject({
      kind: 'misconfiguration',
      alias: 'AVD-DS-0002',
      title: "Last USER is 'root'",
      description: 'Image user\nWhy.\nAdd USER.',
      lines: { start: 3, end: 3 },
    });
    expect(report.findings[1]).not.toHaveProperty('lines');
    expect(report.findings[1]).not.toHaveProperty('alias');
  });

  test('a secret, but not its value', () => {
    const planted = 'ghp_Xq7w9Zk2LmN4pR8sT1uV3yA6bC0dE5fGhIjK';
    const report = parseReport(
      json([
        {
          Target: '/app/.env',
          Class: 'secret',
          Secrets: [
            {
              RuleID: 'github-pat',
              Category: 'GitHub',
              Severity: 'CRITICAL',
              Title: 'GitHub Personal Access Token',
              StartLine: 4,
              EndLine: 4,
              Match: `TOKEN=${planted}`,
              Code: { Lines: [{ Number: 4, Content: planted }] },
            },
          ],
        },
      ]),
      'x',
    );
    expect(report.findings).toMatchObject([
      {
        kind: 'secret',
        id: 'github-pat',
        severity: 'critical',
        place: '/app/.env',
        lines: { start: 4 },
      },
    ]);
    expect(JSON.stringify(report)).not.toContain(planted);
  });

  test('a licence, of a package or of a file', () => {
    const license = {
      Severity: 'HIGH',
      Category: 'restricted',
      Name: 'GPL-3.0-only',
      Link: 'https://spdx.org',
    };
    const report = parseReport(
      json([
        {
          Target: 'OS Packages',
          Class: 'license',
          Licenses: [{ ...license, PkgName: 'bash', FilePath: '' }],
        },
        {
          Target: 'Loose File License(s)',
          Licenses: [{ ...license, PkgName: '', FilePath: 'COPYING' }],
        },
      ]),
      'x',
    );
    expect(report.findings).toMatchObject([
      {
        title: 'GPL-3.0-only (restricted) in bash',
        package: { name: 'bash' },
        place: 'OS Packages',
      },
      { title: 'GPL-3.0-only (restricted) in COPYING', place: 'COPYING' },
    ]);
    expect(report.findings[1]).not.toHaveProperty('package');
  });
});

describe('what cannot be read is refused', () => {
  const whole = json([{ Target: target, Vulnerabilities: [vulnerability] }]);
  test.each<[string, string, string]>([
    ['nothing', '', 'it is cut off after 0 characters'],
    ['cut off', whole.slice(0, -20), 'it is cut off after'],
    ['cut off in a text', whole.slice(0, whole.indexOf('Long.') + 2), 'it is cut off after'],
    ['no JSON', 'FATAL\tfatal error', 'it is not JSON'],
    ['null', 'null', 'report: '],
    ['a list', '[]', 'report: '],
    ['the format of long ago', json([], { SchemaVersion: 1 }), 'report.SchemaVersion'],
    ['a format to come', json([], { SchemaVersion: 3 }), 'report.SchemaVersion'],
    ['no type', json([], { ArtifactType: undefined }), 'report.ArtifactType'],
    ['results that are none', json({}), 'report.Results'],
    [
      'a vulnerability without identifier',
      json([{ Target: 'x', Vulnerabilities: [{ PkgName: 'a' }] }]),
      'report.Results.0.Vulnerabilities.0.VulnerabilityID',
    ],
    [
      'a misconfiguration without status',
      json([{ Target: 'x', Misconfigurations: [{ ID: 'a' }] }]),
      'report.Results.0.Misconfigurations.0.Status',
    ],
    [
      'a version that is a number',
      json([{ Target: 'x', Vulnerabilities: [{ ...vulnerability, FixedVersion: 3 }] }]),
      'FixedVersion',
    ],
  ])('%s', (_, text, said) => {
    const problem = problemOf(() => parseReport(text, 'auth'));
    expect(problem).toMatchObject({ id: 'report-malformed', value: 'auth' });
    expect(problem.message).toContain(said);
  });

  test('the text itself is not quoted', () => {
    expect(problemOf(() => parseReport('hunter2', 'auth')).message).not.toContain('hunter2');
  });
});
