import { describe, expect, test } from '@jest/globals';
import { parseIgnores } from '../../../../src/scan/policy/ignore.ts';
import type { Finding } from '../../../../src/scan/report/finding.ts';
import { problemOf } from '../../kit/support.ts';
import { finding, misconfiguration } from '../report/scene.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const file = '.trivyignore.yaml';
const parse = (text: string) => parseIgnores(text, file, now);

/** Whether the entry means the finding. */
function means(entry: string, found: Finding): boolean | undefined {
  return parse(entry)[0]?.matches(found);
}

const jar = finding({
  id: 'GHSA-1',
  target: 'Java',
  place: 'app/lib/log4j-core-2.14.1.jar',
  package: {
    name: 'org.apache.logging.log4j:log4j-core',
    installed: '2.14.1',
    fixed: '2.15.0',
    purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
  },
});
const openssl = finding({
  package: {
    name: 'openssl',
    installed: '3.0.15-1~deb12u1',
    fixed: undefined,
    purl: 'pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12.5',
  },
});

describe('an entry means what it means to Trivy', () => {
  test.each<[string, string, Finding, boolean]>([
    ['the identifier', 'id: CVE-2026-1', finding(), true],
    ['in another case', 'id: cve-2026-1', finding(), false],
    ['a part of it', 'id: CVE-2026', finding(), false],
    ['the path of a package', 'id: GHSA-1, paths: ["app/**/*.jar"]', jar, true],
    ['the target instead', 'id: GHSA-1, paths: [Java]', jar, true],
    ['one of several paths', 'id: GHSA-1, paths: [other, "**/log4j*.jar"]', jar, true],
    ['a star stays in its folder', 'id: GHSA-1, paths: ["app/*.jar"]', jar, false],
    ['an empty list of paths', 'id: GHSA-1, paths: []', jar, true],
    ['another path', 'id: GHSA-1, paths: ["lib/**"]', jar, false],
    [
      'a package of any version',
      'id: GHSA-1, purls: ["pkg:maven/org.apache.logging.log4j/log4j-core"]',
      jar,
      true,
    ],
    [
      'this version',
      'id: GHSA-1, purls: ["pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"]',
      jar,
      true,
    ],
    [
      'another version',
      'id: GHSA-1, purls: ["pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0"]',
      jar,
      false,
    ],
    [
      'another package',
      'id: GHSA-1, purls: ["pkg:maven/org.apache.logging.log4j/log4j-api"]',
      jar,
      false,
    ],
    [
      'one of several packages',
      'id: GHSA-1, purls: ["pkg:npm/a", "pkg:maven/org.apache.logging.log4j/log4j-core"]',
      jar,
      true,
    ],
    ['without its namespace', 'id: CVE-2026-1, purls: ["pkg:deb/openssl"]', openssl, false],
    [
      'a qualifier that fits',
      'id: CVE-2026-1, purls: ["pkg:deb/debian/openssl?arch=amd64"]',
      openssl,
      true,
    ],
    [
      'a qualifier that does not',
      'id: CVE-2026-1, purls: ["pkg:deb/debian/openssl?arch=arm64"]',
      openssl,
      false,
    ],
    [
      'an encoded version',
      'id: CVE-2026-1, purls: ["pkg:deb/debian/openssl@3.0.15-1%7Edeb12u1"]',
      openssl,
      true,
    ],
    [
      'path and package, of which one fits',
      'id: GHSA-1, paths: [no], purls: ["pkg:maven/org.apache.logging.log4j/log4j-core"]',
      jar,
      false,
    ],
  ])('%s', (_, entry, found, expected) => {
    expect(means(`vulnerabilities:\n  - { ${entry}, statement: why }`, found)).toBe(expected);
  });

  test('a finding without a package URL is meant by every entry for packages', () => {
    const entry =
      'vulnerabilities:\n  - { id: CVE-2026-1, purls: ["pkg:npm/other"], statement: why }';
    expect(
      means(
        entry,
        finding({
          package: { name: 'openssl', installed: '1', fixed: undefined, purl: undefined },
        }),
      ),
    ).toBe(true);
  });

  test('a misconfiguration by its new and its old name, in its file', () => {
    const found = misconfiguration({
      alias: 'AVD-DS-0002',
      target: 'a/Dockerfile',
      place: 'a/Dockerfile',
    });
    expect(means('misconfigurations:\n  - { id: DS-0002, statement: why }', found)).toBe(true);
    expect(
      means('misconfigurations:\n  - { id: AVD-DS-0002, paths: ["a/*"], statement: why }', found),
    ).toBe(true);
    expect(
      means('misconfigurations:\n  - { id: DS-0002, paths: ["b/*"], statement: why }', found),
    ).toBe(false);
    expect(means('vulnerabilities:\n  - { id: DS-0002, statement: why }', found)).toBe(false);
  });

  test('a hidden file is a file', () => {
    const { package: _, ...rest } = finding({
      kind: 'secret',
      id: 'github-pat',
      target: 'app/.env',
      place: 'app/.env',
    });
    expect(means('secrets:\n  - { id: github-pat, paths: ["app/*"], statement: why }', rest)).toBe(
      true,
    );
  });

  test('a licence by its file', () => {
    const found = finding({ kind: 'license', id: 'GPL-3.0-only', place: 'app/COPYING' });
    expect(means('licenses:\n  - { id: GPL-3.0-only, statement: why }', found)).toBe(true);
    const entry = (path: string): string =>
      `licenses:\n  - { id: GPL-3.0-only, paths: ["${path}"], statement: why }`;
    expect(means(entry('app/*'), found)).toBe(true);
    expect(means(entry('web/*'), found)).toBe(false);
  });
});

describe('the file', () => {
  test.each(['', '# nothing yet\n', '{}', 'vulnerabilities:\n', 'vulnerabilities: []\nsecrets:\n'])(
    '%j has no entries',
    (text) => {
      expect(parse(text)).toEqual([]);
    },
  );

  test.each([
    ['2026-11-22', false],
    ['2026-11-21', true], // it began twelve hours ago
    ['2026-11-20', true],
    ['2026-11-21T11:59:59Z', true],
    ['2026-11-21T12:00:01Z', false],
    ['2026-11-21T13:00:01+02:00', true],
  ])('%s has expired: %s', (date, expired) => {
    const [entry] = parse(`vulnerabilities:\n  - { id: A, statement: why, expired_at: ${date} }`);
    expect(entry).toMatchObject({ expired, expiresAt: date, statement: 'why', where: `${file}:2` });
  });

  test('an entry without a date is for ever', () => {
    expect(parse('secrets:\n  - { id: A, statement: why }')[0]).toMatchObject({
      kind: 'secret',
      expired: false,
      expiresAt: undefined,
    });
  });

  test.each<[string, string, string, string]>([
    ['no reason', 'vulnerabilities:\n  - id: A\n', ':2', 'vulnerabilities.0.statement'],
    [
      'an empty reason',
      'vulnerabilities:\n  - id: A\n    statement: " "\n',
      ':3',
      'vulnerabilities.0.statement',
    ],
    ['no identifier', 'secrets:\n  - statement: why\n', ':2', 'secrets.0.id'],
    ['a misspelt section', 'secrets: []\nvulnerabilites: []\n', ':2', 'vulnerabilites'],
    ['a misspelt key', 'secrets:\n\n  - { id: A, statement: why, path: [a] }\n', ':3', 'path'],
    [
      'a date that is none',
      'secrets:\n  - id: A\n    statement: why\n    expired_at: soon\n',
      ':4',
      'secrets.0.expired_at',
    ],
    [
      'the thirtieth of February',
      'secrets:\n  - id: A\n    statement: why\n    expired_at: 2026-02-30\n',
      ':4',
      'expired_at',
    ],
    [
      'a package URL that is none',
      'vulnerabilities:\n  - id: A\n    statement: why\n    purls: [openssl]\n',
      ':4',
      'scheme',
    ],
    [
      'packages where Trivy does not read them',
      'misconfigurations:\n  - { id: A, statement: why, purls: ["pkg:npm/a"] }\n',
      ':2',
      'purls',
    ],
    ['a list', '- id: A\n', ':1', 'the file'],
    ['no YAML', 'secrets: [\n', ':', ''],
    ['an alias of nothing', 'secrets: *nothing\n', ':1', ''],
  ])('%s is refused with its line', (_, text, place, said) => {
    const problem = problemOf(() => parse(text));
    expect(problem.id).toBe('ignore-invalid');
    expect(problem.value).toContain(`${file}${place}`);
    expect(problem.message).toContain(said);
  });

  test('every mistake is told at once', () => {
    const problem = problemOf(() => parse('secrets:\n  - id: A\n  - statement: b\n'));
    expect(problem.message).toContain(`${file}:2: secrets.0.statement`);
    expect(problem.message).toContain(`${file}:3: secrets.1.id`);
  });
});
