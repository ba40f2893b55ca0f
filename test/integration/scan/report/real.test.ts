import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openDatabase } from '../../../../src/scan/database/open.ts';
import { type GateSettings, judge, type Scanned } from '../../../../src/scan/policy/gate.ts';
import { parseIgnores } from '../../../../src/scan/policy/ignore.ts';
import { annotationsOf } from '../../../../src/scan/report/annotations.ts';
import type { Finding } from '../../../../src/scan/report/finding.ts';
import { junitReport } from '../../../../src/scan/report/junit.ts';
import { parseReport } from '../../../../src/scan/report/parse.ts';
import { sarifFiles } from '../../../../src/scan/report/sarif.ts';
import { scanSummary } from '../../../../src/scan/report/summary.ts';
import type { SarifRun } from '../../../../src/scan/sarif.ts';
import { type Located, scanArguments, SCANNERS } from '../../../../src/scan/trivy/arguments.ts';
import { runTrivy } from '../../../../src/scan/trivy/run.ts';
import { registry } from '../../../lab/engine.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { runsOf, strict } from '../../../unit/scan/report/scene.ts';
import { from, type Scene, scene } from '../database/scene.ts';
import { openScene } from '../trivy/scene.ts';

const SECRET = ['ghp', 'Xq7w9Zk2LmN4pR8sT1uV3yA6bC0dE5fGhIjK'].join('_');
const KUBERNETES = `apiVersion: v1
kind: Pod
metadata: { name: a }
spec:
  containers:
    - { name: one, image: nginx, securityContext: { privileged: true } }
    - { name: two, image: nginx }
`;
const LOCK = JSON.stringify(
  {
    name: 'web',
    lockfileVersion: 3,
    packages: {
      '': { name: 'web', dependencies: { lodash: '4.17.20', minimist: '1.2.5' } },
      'node_modules/lodash': { version: '4.17.20', license: 'MIT' },
      'node_modules/minimist': { version: '1.2.5', license: 'GPL-3.0-only' },
    },
  },
  null,
  2,
);

let lab: Lab;
let trivy: Scene;
const reports = new Map<string, { readonly file: string; readonly scanned: Scanned }>();

beforeAll(async () => {
  lab = await openLab();
  trivy = await scene(lab, { ca: readFileSync(registry.authority, 'utf8') });
  const shared = await openScene(lab);
  const repositories = from(shared.databases['database-repositories']);
  expect(await openDatabase('vulnerability', repositories, trivy.context)).toMatchObject({
    state: 'ready',
  });

  const reference = await shared.image('curl', 'webp', 'aom', 'jq', 'lodash', 'ip');
  await scan('image', 'auth', { reference, source: 'docker' });
  const folder = folderWith({
    'web/package-lock.json': LOCK,
    'web/.env.local': `TOKEN=${SECRET}\n`,
    'web/Dockerfile': 'FROM node:24\nADD . /app\n',
    'deploy/pod.yaml': KUBERNETES,
    'deploy/docker-compose.yml': 'services: { a: { image: nginx, privileged: true } }\n',
  });
  await scan('filesystem', 'web', { reference: join(folder, 'web'), source: 'remote' });
  await scan('configuration', '.', { reference: folder, source: 'remote' });
  const bill = join(folder, 'bill.cdx.json');
  await convert('auth', ['--format', 'cyclonedx', '--output', bill]);
  await scan('sbom', 'bill.cdx.json', { reference: bill, source: 'remote' });
});
afterAll(() => lab.close());

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(lab.folder, 'report-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Scans with the real Trivy, as the action does. */
async function scan(kind: Scanned['kind'], target: string, located: Located): Promise<void> {
  const file = join(folderWith({}), 'report.json');
  const wish = { scanners: SCANNERS, platform: 'linux/amd64', offline: true };
  const end = await runTrivy(
    scanArguments(kind, located, file, wish),
    { deadlineMs: 120_000 },
    trivy.context,
  );
  expect([end.code, end.lines.filter((line) => line.includes('FATAL'))]).toEqual([0, []]);
  const report = parseReport(readFileSync(file, 'utf8'), target);
  const reference = kind === 'image' ? located.reference : target;
  reports.set(target, { file, scanned: { target, kind, reference, report } });
}

function reportOf(target: string): { readonly file: string; readonly scanned: Scanned } {
  const report = reports.get(target);
  if (report === undefined) throw new Error(`${target} was not scanned`);
  return report;
}

/** What Trivy itself makes of a report. */
async function convert(
  target: string,
  args: readonly string[],
  ignoreFile?: string,
): Promise<string> {
  const end = await runTrivy(
    [
      'convert',
      reportOf(target).file,
      ...args,
      ...(ignoreFile ? ['--ignorefile', ignoreFile] : []),
    ],
    { deadlineMs: 120_000 },
    trivy.context,
  );
  expect([end.code, end.lines.filter((line) => line.includes('FATAL'))]).toEqual([0, []]);
  return end.stdout;
}

const TARGETS = ['auth', 'web', '.', 'bill.cdx.json'];
const everything: GateSettings = {
  ...strict,
  severity: 'unknown',
  endOfLife: 'warn',
  root: 'warn',
};

describe('a report of the real Trivy', () => {
  test('of an image: its distribution, its user, and what it carries', () => {
    const { os, image, findings, classes } = reportOf('auth').scanned.report;
    expect(os).toMatchObject({ family: 'debian', endOfLife: false });
    expect(image).toMatchObject({ user: '1000' });
    expect(image?.size).toBeGreaterThan(1e6);
    expect(classes).toEqual(expect.arrayContaining(['os-pkgs', 'lang-pkgs']));
    const found = (id: string): Finding | undefined => findings.find((one) => one.id === id);
    expect(found('CVE-2023-38545')).toMatchObject({
      severity: 'critical',
      package: { name: 'curl', installed: '7.88.1-10+deb12u3', fixed: '7.88.1-10+deb12u4' },
    });
    expect(found('CVE-2023-6879')?.package?.fixed).toBeUndefined();
    expect(found('CVE-2099-0002')?.severity).toBe('unknown');
    expect(found('CVE-2021-23337')?.place).toBe('app/node_modules/lodash/package.json');
  });

  test('of files: the line of the lock file, the secret without its value, the licence', () => {
    const { findings } = reportOf('web').scanned.report;
    expect(findings.find(({ id }) => id === 'CVE-2021-44906')).toMatchObject({
      place: 'package-lock.json',
      lines: { start: 16, end: 19 },
    });
    expect(findings.find(({ kind }) => kind === 'secret')).toMatchObject({
      id: 'github-pat',
      place: '.env.local',
      lines: { start: 1 },
    });
    expect(
      findings.find(({ kind, id }) => kind === 'license' && id === 'GPL-3.0-only')?.package?.name,
    ).toBe('minimist');
  });

  test('of configuration: Dockerfile and Kubernetes, each at its line', () => {
    const { findings } = reportOf('.').scanned.report;
    expect(new Set(findings.map(({ place }) => place))).toEqual(
      new Set(['web/Dockerfile', 'deploy/pod.yaml']),
    );
    expect(findings.find(({ id }) => id === 'DS-0005')).toMatchObject({
      lines: { start: 2, end: 2 },
    });
  });

  test('of a bill of materials: what the image has', () => {
    const of = (target: string): string[] =>
      reportOf(target)
        .scanned.report.findings.filter(({ kind }) => kind === 'vulnerability')
        .map(({ id }) => id)
        .sort();
    expect(of('bill.cdx.json')).toEqual(of('auth'));
  });
});

describe('our SARIF', () => {
  test.each(TARGETS)('of %s holds what that of Trivy holds', async (target) => {
    const { scanned } = reportOf(target);
    const verdicts = judge([scanned], { ...strict, severity: 'none' }, [], undefined);
    const [file] = sarifFiles([scanned], verdicts, () => undefined, '0.74.0');
    const [run] = runsOf(file?.text ?? '');
    const theirs = JSON.parse(await convert(target, ['--format', 'sarif'])) as {
      readonly runs: readonly SarifRun[];
    };
    const facts = (one: SarifRun | undefined): string[] =>
      (one?.results ?? []).map(({ ruleId, level }) => `${ruleId} ${level}`).sort();
    const rules = (one: SarifRun | undefined): string[] =>
      (one?.tool.driver.rules ?? []).map(({ id }) => id).sort();
    expect(facts(run).length).toBeGreaterThan(3);
    expect(facts(run)).toEqual(facts(theirs.runs[0]));
    expect(rules(run)).toEqual(rules(theirs.runs[0]));
  });
});

describe('an ignore file silences what it silences with Trivy', () => {
  test.each<[string, string, string]>([
    ['auth', 'vulnerabilities', 'id: CVE-2023-38545'],
    ['auth', 'vulnerabilities', 'id: CVE-2021-23337, paths: ["app/**"]'],
    ['auth', 'vulnerabilities', 'id: CVE-2021-23337, paths: ["app/*"]'],
    ['auth', 'vulnerabilities', 'id: CVE-2021-23337, paths: [Node.js]'],
    ['auth', 'vulnerabilities', 'id: CVE-2021-23337, paths: ["**/{lodash,other}/package.json"]'],
    ['auth', 'vulnerabilities', 'id: CVE-2021-23337, purls: ["pkg:npm/lodash@4.17.20"]'],
    ['auth', 'vulnerabilities', 'id: CVE-2021-23337, purls: ["pkg:npm/lodash@4.17.21"]'],
    ['auth', 'vulnerabilities', 'id: CVE-2023-38545, purls: ["pkg:deb/debian/curl?arch=amd64"]'],
    [
      'auth',
      'vulnerabilities',
      'id: CVE-2023-38545, purls: ["pkg:deb/debian/curl@7.88.1-10%2Bdeb12u3"]',
    ],
    ['auth', 'vulnerabilities', 'id: CVE-2023-38545, purls: ["pkg:deb/curl"]'],
    ['auth', 'vulnerabilities', 'id: CVE-2023-38545, expired_at: 2020-01-01'],
    ['auth', 'vulnerabilities', 'id: CVE-2023-38545, expired_at: 2099-01-01'],
    ['web', 'secrets', 'id: github-pat, paths: ["*"]'],
    ['web', 'secrets', 'id: github-pat, paths: ["web/*"]'],
    ['web', 'licenses', 'id: GPL-3.0-only'],
    ['web', 'licenses', 'id: GPL-3.0-only, paths: ["package-lock.json"]'],
    ['.', 'misconfigurations', 'id: DS-0002'],
    ['.', 'misconfigurations', 'id: AVD-DS-0002, paths: ["web/*"]'],
    ['.', 'misconfigurations', 'id: KSV-0017, paths: ["deploy/**/*.yaml"]'],
    ['.', 'misconfigurations', 'id: KSV-0017, paths: ["*.yaml"]'],
    ['.', 'vulnerabilities', 'id: DS-0002'],
  ])('%s, %s: %s', async (target, section, entry) => {
    const text = `${section}:\n  - { ${entry}, statement: why }\n`;
    const file = join(folderWith({ 'ignore.yaml': text }), 'ignore.yaml');
    const theirs = parseReport(await convert(target, ['--format', 'json'], file), target);
    const { scanned } = reportOf(target);
    const [verdict] = judge([scanned], everything, parseIgnores(text, file, Date.now()), undefined);
    const facts = (findings: readonly Finding[]): string[] =>
      findings.map(({ id, place, package: from }) => `${id} ${place} ${from?.name ?? ''}`).sort();
    expect(facts(verdict?.failing.map(({ finding }) => finding) ?? [])).toEqual(
      facts(theirs.findings),
    );
  });
});

describe('all reports of it', () => {
  test('say the same, and the planted secret is in none', () => {
    const scans = TARGETS.map((target) => reportOf(target).scanned);
    const verdicts = judge(scans, strict, [], undefined);
    const dockerfile = { path: 'services/auth/Dockerfile', line: 1 };
    const locate = ({ target }: Scanned) => (target === 'auth' ? dockerfile : undefined);
    const [sarif] = sarifFiles(scans, verdicts, locate, '0.74.0');
    const junit = junitReport(scans, verdicts);
    const summary = scanSummary(scans, verdicts, []).join('\n\n');
    const annotations = annotationsOf(scans, verdicts, locate);

    const runs = runsOf(sarif?.text ?? '');
    expect(runs.map(({ results }) => results.length)).toEqual(
      scans.map(({ report }) => report.findings.length),
    );
    const failing = verdicts.reduce((sum, one) => sum + one.failing.length + one.policy.length, 0);
    expect(junit.match(/<failure /g)).toHaveLength(failing);
    expect(summary.split('\n')[0]).toMatch(/^### Update (?:curl|lodash|minimist) /);
    expect(annotations.shown.map(({ at }) => at?.path)).toEqual(
      expect.arrayContaining([
        'services/auth/Dockerfile',
        'web/package-lock.json',
        'web/.env.local',
      ]),
    );
    const all = [sarif?.text, junit, summary, JSON.stringify(annotations)].join();
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain(SECRET.slice(4));
  });
});
