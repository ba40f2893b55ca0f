import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../../../lab/engine.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { openScene, type Scene } from './scene.ts';

let lab: Lab;
let scene: Scene;
let clean: string;
let bad: string;

beforeAll(async () => {
  lab = await openLab();
  scene = await openScene(lab);
  [clean, bad] = await Promise.all([scene.image(), scene.image('curl', 'lodash', 'aom', 'jq')]);
});
afterAll(() => lab.close());

interface Sarif {
  readonly runs: readonly {
    readonly automationDetails: { readonly id: string };
    readonly results: readonly { readonly ruleId: string }[];
  }[];
}

describe('images', () => {
  test('one scan, all reports: the gate fails, and everything that was found is in SARIF', async () => {
    const workspace = scene.workspace({
      'slipway.yml': 'app: x\nservices: { bad: { context: . } }\n',
      Dockerfile: 'FROM a AS build\nFROM b\n',
    });
    const { exitCode, outputs, summary, log, leftovers } = await scene.scan(workspace, {
      images: `clean=${clean}\nbad=${bad}`,
    });
    expect([exitCode, outputs.outcome, outputs.failing]).toEqual([1, 'failed', '2']);
    expect(outputs.sentence).toContain('1 target of 2 failed: bad');
    expect(JSON.parse(outputs.counts ?? '')).toMatchObject({ critical: 2, high: 1, unknown: 1 });
    expect(summary.split('\n')[0]).toMatch(/^### Update curl .* in bad: mends 1 critical/);
    expect(log).toMatch(/::error title=bad.*file=Dockerfile,line=2.*CVE-2023-38545/);
    expect(leftovers).toEqual([]);

    const read = (name: string): string =>
      readFileSync(join(workspace, outputs[name] ?? ''), 'utf8');
    const { runs } = JSON.parse(read('sarif')) as Sarif;
    expect(runs.map(({ automationDetails }) => automationDetails.id)).toEqual([
      'trivy/image/clean/',
      'trivy/image/bad/',
    ]);
    const [, ofBad] = runs;
    expect(ofBad?.results.map(({ ruleId }) => ruleId)).toEqual(
      expect.arrayContaining(['CVE-2023-38545', 'CVE-2023-6879', 'CVE-2099-0002', 'CVE-2011-3374']),
    );
    expect(read('junit')).toContain('<testsuite name="image bad"');
    expect(JSON.parse(read('scan'))).toMatchObject({
      trivy: '0.74.0',
      targets: { clean: { reference: clean }, bad: { reference: bad } },
    });
  });

  test.each([
    ['severity', { severity: 'critical' }, 1, 1],
    ['without a fix as well', { 'fixable-only': 'false' }, 1, 3],
    ['report only', { severity: 'none' }, 0, 0],
    ['an environment of slipway.yml', { environment: 'production' }, 1, 1],
    ['an input over slipway.yml', { environment: 'production', severity: 'high' }, 1, 2],
    ['size', { severity: 'none', 'max-size': '1MB' }, 1, 0],
  ])('limits: %s', async (_, inputs, exitCode, failing) => {
    const workspace = scene.workspace({
      'slipway.yml': 'app: x\nenvironments: { production: { scan: { severity: critical } } }\n',
    });
    const result = await scene.scan(workspace, { images: `bad=${bad}`, ...inputs });
    expect([result.exitCode, Number(result.outputs.failing)]).toEqual([exitCode, failing]);
  });

  test('the ignore file counts, with its reason; what of it is not needed is said', async () => {
    const workspace = scene.workspace({
      '.trivyignore.yaml': `vulnerabilities:
  - { id: CVE-2023-38545, statement: no SOCKS here, expired_at: 2099-01-01 }
  - { id: CVE-2021-23337, statement: no templates here }
  - { id: CVE-1999-0001, statement: long gone }
`,
    });
    const result = await scene.scan(workspace, { images: `bad=${bad}` });
    expect([result.exitCode, result.outputs.outcome]).toEqual([0, 'passed']);
    expect(result.summary).toContain('no SOCKS here');
    expect(result.log).toContain('CVE-1999-0001 is ignored, and was not found');
  });

  test('what lies about in the workspace or in the environment changes nothing', async () => {
    const workspace = scene.workspace({
      'trivy.yaml': 'severity: [LOW]\n',
      '.trivyignore': 'CVE-2023-38545\nCVE-2021-23337\n',
      'other.yaml': 'vulnerabilities: [{ id: CVE-2023-38545 }, { id: CVE-2021-23337 }]\n',
    });
    const env = {
      TRIVY_IGNOREFILE: join(workspace, 'other.yaml'),
      TRIVY_SEVERITY: 'LOW',
      TRIVY_SKIP_FILES: '**/*',
    };
    const result = await scene.scan(workspace, { images: `bad=${bad}` }, env);
    expect([result.exitCode, result.outputs.failing]).toEqual([1, '2']);
  });

  test('what cannot be scanned is told, and the others are scanned all the same', async () => {
    const gone = `${clean.slice(0, -64)}${'0'.repeat(64)}`;
    const workspace = scene.workspace();
    const result = await scene.scan(workspace, { images: `clean=${clean}\ngone=${gone}` });
    expect([result.exitCode, result.outputs.outcome, result.outputs.scan]).toEqual([
      2,
      'incomplete',
      '',
    ]);
    expect(result.outputs.sentence).toContain('gone could not be scanned');
    expect(result.summary).toContain('image-missing');
    expect(result.log).toContain('clean: 2 medium, 3 low');
  });

  test('a scan that takes too long is ended', async () => {
    const result = await scene.scan(scene.workspace(), {
      images: `clean=${clean}`,
      timeout: '1ms',
    });
    expect([result.exitCode, result.outputs.outcome]).toEqual([2, 'incomplete']);
    expect(result.log).toContain('[scan-timeout]');
  });

  test('inputs that cannot be are refused before anything is fetched', async () => {
    const result = await scene.scan(scene.workspace(), { images: '-v' });
    expect([result.exitCode, result.outputs.outcome]).toEqual([2, 'incomplete']);
    expect(result.log).toContain('[bad-image]');
    expect((await scene.scan(scene.workspace(), {})).log).toContain('[scan-nothing]');
  });
});

describe('a bill of materials', () => {
  test.each(['cyclonedx', 'spdx'])('%s is written, and can be scanned itself', async (format) => {
    const workspace = scene.workspace();
    const image = { images: `bad=${bad}`, 'bill-of-materials': format, severity: 'none' };
    const { outputs } = await scene.scan(workspace, image);
    const file = join('slipway-scan', `01-bad.${format}.json`);
    expect(existsSync(join(workspace, file))).toBe(true);
    const again = await scene.scan(workspace, { sbom: file });
    expect([outputs.outcome, again.exitCode, again.outputs.failing]).toEqual(['passed', 1, '2']);
  });
});

describe('Java archives', () => {
  test('ask for an index of their own, which is fetched once', async () => {
    const [one, other] = await Promise.all([scene.image('log4j'), scene.image('log4j')]);
    const images = `one=${one}\nother=${other}`;
    const result = await scene.scan(scene.workspace(), { images });
    expect([result.exitCode, result.outputs.failing]).toEqual([1, '2']);
    expect(result.summary).toContain('CVE-2021-44228');
    expect(result.log.match(/Downloading Java DB/g)).toHaveLength(1);
  });

  test('are never taken for clean without it', async () => {
    const image = await scene.image('log4j');
    const fresh = join(lab.folder, 'no-java');
    const inputs = {
      images: `app=${image}`,
      'java-database-repositories': '127.0.0.1:1/trivy-java-db:1',
      'cache-dir': fresh,
    };
    const strict = await scene.scan(scene.workspace(), inputs);
    expect([strict.exitCode, strict.outputs.outcome]).toEqual([3, 'database-unavailable']);
    const lax = await scene.scan(scene.workspace(), { ...inputs, database: 'warn' });
    expect([lax.exitCode, lax.outputs.outcome]).toEqual([0, 'database-unavailable']);
    expect(lax.log).toContain('app: Java archives were not looked into');
  });
});

describe('the database', () => {
  test.each([
    ['cannot be had', '127.0.0.1:1/trivy-db:2', 'database-unavailable', 3],
    ['is too old', 'stale', 'database-stale', 4],
  ])('when it %s, that is an outcome of its own', async (_, given, outcome, code) => {
    const repository = given === 'stale' ? await scene.staleDatabase() : given;
    const inputs = {
      images: `clean=${clean}`,
      'database-repositories': repository,
      'cache-dir': join(lab.folder, outcome),
    };
    const strict = await scene.scan(scene.workspace(), inputs);
    expect([strict.exitCode, strict.outputs.outcome]).toEqual([code, outcome]);
    const lax = await scene.scan(scene.workspace(), { ...inputs, database: 'warn' });
    expect([lax.exitCode, lax.outputs.outcome]).toEqual([0, outcome]);
    expect(lax.log).toContain('::warning::');
  });

  test('offline, the one that is there is used, and nothing is asked', async () => {
    const folder = scene.workspace();
    const inputs = { images: `clean=${clean}`, 'database-repositories': '127.0.0.1:1/trivy-db:2' };
    const result = await scene.scan(folder, { ...inputs, offline: 'true' });
    expect([result.exitCode, result.outputs.outcome]).toEqual([0, 'passed']);
  });
});

test('files: folders, manifests, Compose and Kubernetes, each at its line', async () => {
  const workspace = scene.workspace({
    'app/package-lock.json': JSON.stringify({
      name: 'app',
      lockfileVersion: 3,
      packages: {
        '': { name: 'app', dependencies: { lodash: '4.17.20' } },
        'node_modules/lodash': { version: '4.17.20' },
      },
    }),
    'deploy/Dockerfile': 'FROM node:24\nADD . /app\nUSER root\n',
    'deploy/docker-compose.yml':
      'services:\n  web:\n    image: ghcr.io/acme/web:1\n    privileged: true\n',
    'deploy/pod.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec:\n  containers:\n    - name: a\n      image: nginx:1\n      securityContext: { privileged: true }\n',
  });
  const result = await scene.scan(workspace, { filesystem: 'app', configuration: 'deploy' });
  expect([result.exitCode, result.outputs.outcome]).toEqual([1, 'failed']);
  expect(result.log).toMatch(/file=app\/package-lock.json.*lodash/);
  expect(result.log).toMatch(/file=deploy\/docker-compose.yml,line=4,.*SLIP-0001/);
  expect(result.log).toMatch(/file=deploy\/pod.yaml/);
  expect(result.log).toMatch(/file=deploy\/Dockerfile,line=3/);
  writeFileSync(join(workspace, 'deploy/docker-compose.yml'), 'services: {}\n');
  const mended = await scene.scan(workspace, { configuration: 'deploy/docker-compose.yml' });
  expect([mended.exitCode, mended.outputs.outcome]).toEqual([0, 'passed']);
});

test('a repository: what its commit holds, by folder', async () => {
  const lock = { name: 'app', lockfileVersion: 3, packages: { 'node_modules/minimist': { version: '1.2.5' } } }; // prettier-ignore
  const workspace = scene.workspace({ 'package-lock.json': JSON.stringify(lock) });
  const git = (...args: string[]): Promise<string> =>
    sh('git', ['-C', workspace, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'first');
  const result = await scene.scan(workspace, { repository: '.' });
  expect([result.exitCode, result.outputs.failing]).toEqual([1, '1']);
  expect(result.log).toMatch(/file=package-lock.json.*minimist/);
});
