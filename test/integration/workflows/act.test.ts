import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ReleaseRecord } from '../../../src/release/record.ts';
import { startBuilder } from '../../lab/builder.ts';
import { registry } from '../../lab/engine.ts';
import { GitHubServer } from '../../lab/github/server.ts';
import { type Host, makeLogin } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { vulnerabilityDatabase } from '../../lab/trivy-database.ts';
import { type ActResult, prepareAct } from './act.ts';
import { type UserRepository, userRepository } from './user-repository.ts';

let lab: Lab;
let github: GitHubServer;
let staging: Host;
let production: Host;
let repository: UserRepository;
let act: Awaited<ReturnType<typeof prepareAct>>;

beforeAll(async () => {
  lab = await openLab();
  const folderOf = (name: string): string => {
    const folder = join(lab.folder, name);
    mkdirSync(folder);
    return folder;
  };
  // Another key than staging's: each environment is to get its own.
  const productionLogin = await makeLogin(folderOf('production-key'));
  [staging, production] = await Promise.all([
    lab.host('staging'),
    lab.host('production', { login: productionLogin }),
  ]);
  github = await GitHubServer.start({
    repository: 'Acme/hello',
    tokens: {
      'token-of-the-run': {
        deployments: 'write',
        actions: 'read',
        contents: 'read',
        'security-events': 'write',
      },
    },
  });

  const environment = ({ target, address }: Host): { host: string; url: string } => ({
    host: target,
    url: `http://${address}`,
  });
  const image = `${registry.address}/${basename(lab.folder).toLowerCase()}/web`;
  repository = await userRepository(folderOf('hello'), image, {
    staging: environment(staging),
    production: { ...environment(production), requires: 'staging' },
  });
  const env = `GREETING=hello from a workflow\nNGINX_IMAGE=${registry.address}/base/nginx:1\n`;
  act = await prepareAct({
    home: folderOf('act'),
    repository: repository.folder,
    api: github.url,
    builder: await startBuilder(lab),
    secrets: {
      GITHUB_TOKEN: 'token-of-the-run',
      STAGING_SSH_KEY: lab.login.privateKey,
      STAGING_ENV: env,
      PRODUCTION_SSH_KEY: productionLogin.privateKey,
      PRODUCTION_ENV: env,
      REGISTRY_PASSWORD: registry.password,
    },
    variables: {
      REGISTRY_USERNAME: registry.username,
      TRIVY_DATABASE: await vulnerabilityDatabase(lab),
      SSH_KNOWN_HOSTS: `${staging.knownHosts}\n${production.knownHosts}`,
    },
  });
}, 240_000);

afterAll(async () => {
  await lab.close();
  await github.close();
});

/** The revision that users of a host reach. */
async function served({ address }: Host): Promise<string> {
  return (await fetch(`http://${address}/`)).text();
}

/** The image of the service that runs on a host, by the digest that it was pulled by. */
function imageOn(host: Host): Promise<string> {
  const container = 'docker ps -q --filter label=com.docker.compose.service=web';
  return host.exec(
    `docker image inspect -f '{{json .RepoDigests}}' "$(docker inspect -f '{{.Image}}' "$(${container})")"`,
  );
}

/** Which jobs ran, and how they ended; when it was otherwise, the log of the run says why. */
function expectJobs(run: ActResult, jobs: Readonly<Record<string, string>>): void {
  const exitCode = Object.values(jobs).includes('failure') ? 1 : 0;
  if (!isDeepStrictEqual([run.exitCode, run.jobs], [exitCode, jobs])) console.error(run.log);
  expect([run.exitCode, run.jobs]).toEqual([exitCode, jobs]);
}

let before = '0'.repeat(40);
async function push(ref: string): Promise<ActResult> {
  const after = await repository.head();
  const payload = { ref, before, after, repository: { default_branch: 'main' } };
  if (ref === 'refs/heads/main') before = after;
  return act({ event: 'push', workflow: 'pipeline.yml', payload });
}
const v1 = { commit: '', record: '' };

/** In the form of a token that gitleaks knows; put together, so that nobody takes this file for a leak. */
const PASSWORD = ['ghp', 'k7Qm2ZpX9vLr4TnWc8sYb3HdJf6GaEu1RoNi'].join('_');

/** The same system, some commits on. */
async function change(broken: string): Promise<string> {
  repository.edit('Dockerfile', (text) => text.replace(/^ARG BROKEN=.*/m, `ARG BROKEN=${broken}`));
  return repository.commit(broken === '' ? 'Mend it' : 'Break it');
}

const RELEASED = {
  Detect: 'success',
  'Build web': 'success',
  Secrets: 'success',
  Scan: 'success',
  Record: 'success',
  'Release to staging': 'success',
};

describe('a user pushes, tags, breaks it, mends it and goes back', () => {
  test('a push to main: staging serves it', async () => {
    v1.commit = await repository.commit('The first version');
    const run = await push('refs/heads/main');
    expectJobs(run, RELEASED);
    expect(await served(staging)).toBe(v1.commit);
    v1.record = run.artifact('release/release.json');
    const { commit, services } = JSON.parse(v1.record) as ReleaseRecord;
    expect(commit).toBe(v1.commit);
    expect(services.web).toMatchObject({ revision: v1.commit });
    const scan = JSON.parse(run.artifact('scan/scan.json')) as { targets: object };
    expect(Object.keys(scan.targets)).toEqual(['web']);
    expect((JSON.parse(v1.record) as ReleaseRecord).scan).toContain('/hello-release@sha256:');
    const uploaded = github.codeScanning.uploads.map(({ sarif }) => sarif).join('');
    for (const category of ['gitleaks/', 'trivy/image/web/'])
      expect(uploaded).toContain(`"id":"${category}"`);
    const [deployment] = github.repository.deployments;
    expect(deployment).toMatchObject({ environment: 'staging', sha: v1.commit, task: 'slipway' });
    expect(deployment?.statuses[0]?.state).toBe('success');
  });

  test.each([
    ['without an environment production', undefined, 'cannot be read. Create it'],
    ['with an environment production without rules', [], 'has no protection rule. Add one'],
  ])('a tag %s: refused', async (_, rules, said) => {
    if (rules !== undefined) github.repository.environments.set('production', rules);
    const run = await push('refs/tags/v1.0.0');
    expectJobs(run, { 'Production has a gate': 'failure' });
    expect(run.log).toContain(said);
    expect(await production.exec('ls /home/deploy')).toBe('');
  });

  test('a tag: production serves the same digests, and nothing was built', async () => {
    github.repository.environments.set('production', ['branch_policy']);
    const run = await push('refs/tags/v1.0.0');
    expectJobs(run, {
      'Production has a gate': 'success',
      Promote: 'success',
      'Release to production': 'success',
    });
    expect(run.artifact('release/release.json')).toBe(v1.record);
    expect(await served(production)).toBe(v1.commit);
    expect(await imageOn(production)).toBe(await imageOn(staging));
    expect(run.log).toContain('v1.0.0 is deployed: production serves v1.0.0');
  });

  test('a change that no image is made of: nothing is built, and staging has a release all the same', async () => {
    repository.edit('nginx/default.conf', (text) => `# a word\n${text}`);
    const commit = await repository.commit('A word in the configuration');
    const run = await push('refs/heads/main');
    const { 'Build web': _built, ...others } = RELEASED;
    expectJobs(run, others);
    const record = JSON.parse(run.artifact('release/release.json')) as ReleaseRecord;
    expect(record.commit).toBe(commit);
    expect(record.services.web).toEqual((JSON.parse(v1.record) as ReleaseRecord).services.web);
    expect(await served(staging)).toBe(v1.commit);
  });

  test('a package with a hole, and then a password: neither gets as far as a record', async () => {
    repository.edit('Dockerfile', (text) =>
      text.replace(
        /^USER/m,
        `RUN mkdir -p node_modules/lodash && echo '{"name":"lodash","version":"4.17.20"}' >node_modules/lodash/package.json\nUSER`,
      ),
    );
    await repository.commit('Another package');
    const holed = await push('refs/heads/main');
    const { Record: _record, 'Release to staging': _release, ...checked } = RELEASED;
    expectJobs(holed, { ...checked, Scan: 'failure' });
    expect(holed.log).toContain('Update lodash 4.17.20 to 4.17.21');

    repository.edit('Dockerfile', (text) => text.replace(/^RUN mkdir.*\n/m, ''));
    repository.edit('nginx/default.conf', (text) => `# ${PASSWORD}\n${text}`);
    await repository.commit('No such package; a note');
    const leaky = await push('refs/heads/main');
    const { 'Build web': _built, ...unbuilt } = checked;
    expectJobs(leaky, { ...unbuilt, Secrets: 'failure' });
    expect(leaky.log).not.toContain(PASSWORD);
    repository.edit('nginx/default.conf', (text) => text.replace(/^.*\n/, ''));
    await repository.commit('No note');
    expect(await served(staging)).toBe(v1.commit);
  });

  test('a broken release: the run is red, staging serves what it served, and no tag gets past it', async () => {
    await change('unhealthy');
    const run = await push('refs/heads/main');
    expectJobs(run, { ...RELEASED, 'Release to staging': 'failure' });
    expect(run.log).toMatch(/was not deployed .*: staging serves .*, as before/);
    expect(await served(staging)).toBe(v1.commit);
    const tag = await push('refs/tags/v1.1.0');
    expectJobs(tag, { 'Production has a gate': 'success', Promote: 'failure' });
    expect(tag.log).toContain('promotion-unproven');
    expect(await served(production)).toBe(v1.commit);
  });

  test('a roll back by hand: staging serves the version before again', async () => {
    const mended = await change('');
    const run = await push('refs/heads/main');
    expectJobs(run, RELEASED);
    expect(await served(staging)).toBe(mended);

    const inputs = { environment: 'staging', version: '', release: '' };
    const back = await act({
      event: 'workflow_dispatch',
      workflow: 'rollback.yml',
      payload: { ref: 'refs/heads/main', inputs },
    });
    expectJobs(back, { 'Roll back staging': 'success' });
    expect(await served(staging)).toBe(v1.commit);
    expect(await served(production)).toBe(v1.commit);
  });
});
