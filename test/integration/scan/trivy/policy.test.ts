import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { registry, sh } from '../../../lab/engine.ts';
import { GitHubServer } from '../../../lab/github/server.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { runStep } from '../../../runner/runner.ts';
import { openScene, type Scene } from './scene.ts';

const SILENT = `vulnerabilities:
  - { id: CVE-2023-38545, statement: no SOCKS here }
  - { id: CVE-2021-23337, statement: no templates here }
`;

let lab: Lab;
let scene: Scene;
let bad: string;
let github: GitHubServer;

beforeAll(async () => {
  lab = await openLab();
  scene = await openScene(lab);
  bad = await scene.image('curl', 'lodash');
  github = await GitHubServer.start({
    repository: 'acme/app',
    tokens: {
      job: { contents: 'read', 'security-events': 'write' },
      reader: { contents: 'read' },
    },
  });
});
afterAll(async () => {
  await github.close();
  await lab.close();
});

/** What a job knows of GitHub. */
function job(event: string, payload: object = {}, token = 'job'): Record<string, string> {
  const file = join(scene.workspace(), 'event.json');
  writeFileSync(file, JSON.stringify(payload));
  return {
    GITHUB_API_URL: github.url,
    GITHUB_EVENT_NAME: event,
    GITHUB_EVENT_PATH: file,
    GITHUB_REF: event === 'push' ? 'refs/heads/main' : 'refs/pull/7/merge',
    GITHUB_REPOSITORY: 'acme/app',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'c'.repeat(40),
    GITHUB_TOKEN: token,
  };
}

describe('a pull request', () => {
  const base = 'b'.repeat(40);
  const env = () => job('pull_request', { pull_request: { base: { sha: base } } });

  test('is judged by the ignore file and the limits of its base, not by its own', async () => {
    github.contents.commit(base, 'README.md', '');
    const files = {
      '.trivyignore.yaml': SILENT,
      'slipway.yml': 'app: x\nscan: { severity: none }\n',
    };
    const result = await scene.scan(scene.workspace(files), { images: `app=${bad}` }, env());
    expect([result.exitCode, result.outputs.failing]).toEqual([1, '2']);
    expect(result.log).toContain('.trivyignore.yaml are those of the base, bbbbbbb');
  });

  test('what the base accepts is accepted', async () => {
    github.contents.commit(base, '.trivyignore.yaml', SILENT);
    const result = await scene.scan(scene.workspace(), { images: `app=${bad}` }, env());
    expect([result.exitCode, result.outputs.outcome]).toEqual([0, 'passed']);
    const strict = 'app: x\nscan: { max-size: 1MB }\n';
    github.contents.commit(base, 'slipway.yml', strict);
    const limited = await scene.scan(scene.workspace(), { images: `app=${bad}` }, env());
    expect([limited.exitCode, limited.outputs.failing]).toEqual([1, '0']);
  });

  test('a token that may not read the base is an error, never a scan without rules', async () => {
    const inputs = { images: `app=${bad}`, token: 'nobody' };
    const result = await scene.scan(scene.workspace(), inputs, env());
    expect([result.exitCode, result.outputs.outcome]).toEqual([2, 'incomplete']);
    expect(result.log).toContain('[github-denied]');
  });
});

describe('code scanning', () => {
  test('gets the whole file, for the commit and the ref of the run', async () => {
    const inputs = { images: `app=${bad}`, 'upload-sarif': 'auto' };
    const workspace = scene.workspace();
    const result = await scene.scan(workspace, inputs, job('push'));
    expect(result.exitCode).toBe(1);
    const [stored] = github.codeScanning.uploads;
    expect(stored).toMatchObject({ commit: 'c'.repeat(40), ref: 'refs/heads/main' });
    expect(stored?.sarif).toBe(readFileSync(join(workspace, 'slipway-scan/scan.sarif'), 'utf8'));
    expect(result.summary).toContain('Code scanning: https://github.com/acme/app/security');
  });

  test('where it is not allowed, the reason is told and the verdict is the same', async () => {
    const inputs = { images: `app=${bad}`, 'upload-sarif': 'auto', severity: 'none' };
    const result = await scene.scan(scene.workspace(), inputs, job('push', {}, 'reader'));
    expect([result.exitCode, result.outputs.outcome]).toEqual([0, 'passed']);
    expect(result.summary).toContain('Code scanning has no results of this scan');
    expect(result.summary).toContain('security-events: write');
  });
});

test('a GitHub that fails changes no verdict', async () => {
  github.faults.push({ on: 'POST /code-scanning', status: 500, times: 9 });
  const inputs = { images: `app=${bad}`, 'upload-sarif': 'auto', severity: 'none' };
  const result = await scene.scan(scene.workspace(), inputs, job('push'));
  github.faults.length = 0;
  expect([result.exitCode, result.outputs.outcome]).toEqual([0, 'passed']);
  expect(result.summary).toContain('github-failed');
});

describe('only what is new', () => {
  test('fails, measured against the scan that the last release record names', async () => {
    const { workspace, prefix, commit } = await repository();
    const app = bad.slice(bad.indexOf('@'));
    const images = { images: `app=${bad}`, 'fail-on': 'new' };

    const first = await scene.scan(workspace, images, job('push'));
    expect([first.exitCode, first.outputs.failing]).toEqual([1, '2']);
    expect(first.log).toContain('everything that is found is new');

    const record = await runStep({
      action: 'actions/release-record',
      workspace,
      inputs: {
        scan: first.outputs.scan ?? '',
        unchanged: JSON.stringify({ app: { image: bad, revision: await head(workspace) } }),
        'registry-username': registry.username,
        'registry-password': registry.password,
        'registry-ca': readFileSync(registry.authority, 'utf8'),
      },
      env: job('push'),
    });
    expect(record.log).toContain('recorded');
    const { scan } = JSON.parse(readFileSync(join(workspace, 'release.json'), 'utf8')) as {
      scan: string;
    };
    expect(scan).toMatch(new RegExp(`^${prefix}/app-release@sha256:`));
    expect(app).toContain('@sha256:');

    await commit('second');
    const same = await scene.scan(workspace, images, job('push'));
    expect([same.exitCode, same.outputs.outcome]).toEqual([0, 'passed']);
    expect(same.summary).toContain('2 known since the last release');
    const worse = await scene.image('curl', 'lodash', 'minimist');
    const grown = await scene.scan(workspace, { ...images, images: `app=${worse}` }, job('push'));
    expect([grown.exitCode, grown.outputs.failing]).toEqual([1, '1']);
    expect(grown.summary).toContain('minimist');
    const named = await scene.scan(workspace, { ...images, baseline: 'nowhere' }, job('push'));
    expect([named.exitCode, named.outputs.outcome]).toEqual([2, 'incomplete']);
    expect(named.log).toContain('[base-missing]');
  });
});

/** A repository whose records lie beside the image. */
async function repository() {
  const prefix = bad.slice(0, bad.lastIndexOf('/'));
  const workspace = scene.workspace({
    'slipway.yml': `app: app\nrecord: ${prefix}/app-release\nservices: { app: {} }\n`,
  });
  const git = (...args: string[]): Promise<string> =>
    sh('git', ['-C', workspace, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  const commit = async (text: string): Promise<void> => {
    mkdirSync(dirname(join(workspace, 'about')), { recursive: true });
    writeFileSync(join(workspace, 'about'), text);
    await git('add', 'about', 'slipway.yml');
    await git('commit', '-q', '-m', text);
  };
  await git('init', '-q', '-b', 'main');
  await commit('first');
  return { workspace, prefix, commit };
}

function head(workspace: string): Promise<string> {
  return sh('git', ['-C', workspace, 'rev-parse', 'HEAD']);
}
