import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ReleaseRecord } from '../../../src/release/record.ts';
import { registry } from '../../lab/engine.ts';
import { type Host, makeLogin } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { type ActResult, prepareAct } from './act.ts';
import { type UserRepository, userRepository } from './user-repository.ts';

let lab: Lab;
let github: Server;
let staging: Host;
let production: Host;
let repository: UserRepository;
let act: Awaited<ReturnType<typeof prepareAct>>;

/** What GitHub answers when asked for the rules of the environment production; undefined: there is no such environment. */
let rules: readonly { type: string }[] | undefined;

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
  github = createServer((request, response) => {
    const known =
      request.url === '/repos/Acme/hello/environments/production' && rules !== undefined;
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        known ? { name: 'production', protection_rules: rules } : { message: 'Not Found' },
      ),
    );
  }).listen(0, '127.0.0.1');

  const environment = ({ target, address }: Host): { host: string; url: string } => ({
    host: target,
    url: `http://${address}`,
  });
  repository = await userRepository(folderOf('hello'), {
    staging: environment(staging),
    production: environment(production),
  });
  const env = `GREETING=hello from a workflow\nNGINX_IMAGE=${registry.address}/base/nginx:1\n`;
  act = await prepareAct({
    home: folderOf('act'),
    repository: repository.folder,
    api: `http://127.0.0.1:${(github.address() as AddressInfo).port}`,
    secrets: {
      GITHUB_TOKEN: 'token-of-the-run',
      STAGING_SSH_KEY: lab.login.privateKey,
      STAGING_ENV: env,
      PRODUCTION_SSH_KEY: productionLogin.privateKey,
      PRODUCTION_ENV: env,
      REGISTRY_PASSWORD: registry.password,
    },
    variables: {
      REGISTRY: registry.address,
      REGISTRY_USERNAME: registry.username,
      SSH_KNOWN_HOSTS: `${staging.knownHosts}\n${production.knownHosts}`,
    },
  });
}, 240_000);

afterAll(async () => {
  github.close();
  await lab.close();
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

const push = (ref: string): Promise<ActResult> =>
  act({ event: 'push', workflow: 'pipeline.yml', payload: { ref } });
const v1 = { commit: '', record: '' };

/** The same system, some commits on. */
async function change(broken: string): Promise<string> {
  repository.edit('Dockerfile', (text) => text.replace(/^ARG BROKEN=.*/m, `ARG BROKEN=${broken}`));
  return repository.commit(broken === '' ? 'Mend it' : 'Break it');
}

describe('a user pushes, tags, breaks it, mends it and goes back', () => {
  test('a push to main: staging serves it', async () => {
    v1.commit = await repository.commit('The first version');
    const run = await push('refs/heads/main');
    expectJobs(run, { Build: 'success', 'Release to staging': 'success' });
    expect(await served(staging)).toBe(v1.commit);
    v1.record = run.artifact('release/release.json');
    const { commit, services } = JSON.parse(v1.record) as ReleaseRecord;
    expect(commit).toBe(v1.commit);
    expect(services.web?.image).toMatch(/\/acme\/hello\/web@sha256:/); // Acme in lower case
  });

  test.each([
    ['without an environment production', undefined, 'cannot be read. Create it'],
    ['with an environment production without rules', [], 'has no protection rule. Add one'],
  ])('a tag %s: refused', async (_, answer, said) => {
    rules = answer;
    const run = await push('refs/tags/v1.0.0');
    expectJobs(run, { Build: 'success', 'Production has a gate': 'failure' });
    expect(run.log).toContain(said);
    expect(await production.exec('ls /home/deploy')).toBe('');
  });

  test('a tag: production serves the same digests, and nothing was built', async () => {
    rules = [{ type: 'branch_policy' }];
    const run = await push('refs/tags/v1.0.0');
    expectJobs(run, {
      Build: 'success',
      'Production has a gate': 'success',
      'Release to production': 'success',
    });
    expect(run.log).toContain('built already');
    expect(run.artifact('release/release.json')).toBe(v1.record);
    expect(await served(production)).toBe(v1.commit);
    expect(await imageOn(production)).toBe(await imageOn(staging));
    expect(run.log).toContain('v1.0.0 is deployed: production serves v1.0.0');
  });

  test('a broken release: the run is red, and staging serves what it served', async () => {
    await change('unhealthy');
    const run = await push('refs/heads/main');
    expectJobs(run, { Build: 'success', 'Release to staging': 'failure' });
    expect(run.log).toMatch(
      new RegExp(`was not deployed .*: staging serves ${v1.commit.slice(0, 7)}.*, as before`),
    );
    expect(await served(staging)).toBe(v1.commit);
  });

  test('a roll back by hand: staging serves the first version again', async () => {
    const mended = await change('');
    const run = await push('refs/heads/main');
    expectJobs(run, { Build: 'success', 'Release to staging': 'success' });
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
