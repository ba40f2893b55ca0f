import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../../src/kit/clock.ts';
import { RegistryClient } from '../../../src/registry/client.ts';
import { parseReference, type Reference } from '../../../src/registry/reference.ts';
import { readRecordFile, recordHash } from '../../../src/release/record.ts';
import { publishRecord } from '../../../src/release/store.ts';
import { registry } from '../../lab/engine.ts';
import { GitHubServer } from '../../lab/github/server.ts';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { containerOf, get, hello, type Hello, stateOf } from './hello.ts';

const REF = 'refs/tags/v1.0.0';
const PRODUCTION = '/home/deploy/slipway/hello/production';

let lab: Lab;
let staging: Host;
let production: Host;
let system: Hello;
let github: GitHubServer;
let client: RegistryClient;
let records: Reference;

beforeAll(async () => {
  lab = await openLab();
  [staging, production] = await Promise.all([lab.host('staging'), lab.host('production')]);
  system = hello(lab);
  records = parseReference(
    `${registry.address}/${lab.folder.split('/').at(-1)?.toLowerCase() ?? ''}/hello-release`,
  );
  system.edit(
    'slipway.yml',
    '  production: {}',
    '  production: { requires: staging, ref: "v*", url: "https://hello.example.com" }',
  );
  system.edit(
    'slipway.yml',
    'app: hello',
    `app: hello\nrecord: ${records.registry}/${records.repository}`,
  );
  await system.build('v1');
  await system.build('v2');
  github = await GitHubServer.start({
    repository: 'acme/hello',
    tokens: { job: { deployments: 'write', actions: 'read' }, reader: { deployments: 'read' } },
  });
  client = new RegistryClient({
    credentials: () =>
      Promise.resolve({ username: registry.username, password: registry.password }),
    plainHttp: [],
    ca: readFileSync(registry.authority, 'utf8'),
    clock: systemClock,
  });
});

afterAll(async () => {
  await lab.close();
  await github.close();
});

function step(
  host: Host,
  version: string,
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<StepResult> {
  const job = {
    GITHUB_TOKEN: 'job',
    GITHUB_REPOSITORY: 'acme/hello',
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_RUN_ID: '7',
    GITHUB_REF: REF,
    ...env,
  };
  const environment = host === production ? 'production' : 'staging';
  return system.deploy(host, version, { environment, ...inputs }, { env: job });
}

/** States of a deployment, oldest first. */
function statesOf(environment: string, version: string): string[] {
  const deployment = github.repository.deployments.find(
    (one) => one.environment === environment && one.description === version,
  );
  return (deployment?.statuses ?? []).map(({ state }) => state).reverse();
}

describe('what staging has not proven', () => {
  test('does not reach production: one sentence, the way out, an untouched host', async () => {
    const before = await stateOf(production, PRODUCTION);
    const result = await step(production, 'v1');
    expect(result.exitCode).toBe(10);
    expect(result.outputs).toMatchObject({ outcome: 'aborted' });
    expect(result.log).toContain(
      'staging has never proven exactly this release. [promotion-unproven]',
    );
    expect(result.log).toContain('Fix: Release it to staging first');
    expect(await stateOf(production, PRODUCTION)).toBe(before);
    expect(statesOf('production', 'v1')).toEqual([]);
  });

  test('reaches it in an emergency, and loudly', async () => {
    const result = await step(production, 'v1', { 'allow-unproven': 'true' });
    expect(result.outputs).toMatchObject({ outcome: 'deployed' });
    expect(result.log).toMatch(/::warning::.*allow-unproven is set/);
  });

  test('another ref than the one that slipway.yml names is refused', async () => {
    const result = await step(production, 'v1', {}, { GITHUB_REF: 'refs/heads/main' });
    expect(result.log).toContain('[ref-not-allowed]%0AValue: refs/heads/main');
  });
});

describe('what staging has proven', () => {
  test('is recorded on GitHub with its record, and reaches production', async () => {
    expect((await step(staging, 'v2')).outputs).toMatchObject({ outcome: 'deployed' });
    expect(statesOf('staging', 'v2')).toEqual(['queued', 'in_progress', 'success']);
    const file = readRecordFile('v2.json', system.workspace);
    const [deployment] = github.repository.deployments.filter(
      (one) => one.environment === 'staging',
    );
    expect(deployment).toMatchObject({
      sha: file.record.commit,
      payload: {
        slipway: 1,
        record: recordHash(file.bytes),
        release: file.record.id,
        version: 'v2',
      },
    });
    expect(deployment?.statuses[0]).toMatchObject({
      description: expect.stringContaining('v2 is deployed: staging serves v2') as unknown,
      log_url: 'https://github.com/acme/hello/actions/runs/7',
    });
    const result = await step(production, 'v2');
    expect(result.log).toContain('Proven on staging: deployment');
    expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v2' });
    expect(await get(production)).toBe(`200 ${file.record.commit}`);
  });

  test('a record that differs by one byte is another one', async () => {
    system.write('v3.json', `${system.read('v2.json')}\n`);
    const result = await step(production, 'v3');
    expect(result.log).toContain('[promotion-unproven]');
  });

  test('a release that is taken back is no success', async () => {
    await system.build('bad', { broken: 'crash' });
    expect((await step(staging, 'bad')).outputs).toMatchObject({ outcome: 'aborted' });
    expect(statesOf('staging', 'bad')).toEqual(['queued', 'in_progress', 'failure']);
  });

  test('without the permission the release goes on, with a warning that names it', async () => {
    const result = await step(staging, 'v2', {}, { GITHUB_TOKEN: 'reader' });
    expect(result.exitCode).toBe(0);
    expect(result.log).toMatch(/::warning::The deployment was not recorded.*deployments: write/);
  });
});

describe('a record that was published', () => {
  const ca = (): Record<string, string> => ({
    'registry-ca': readFileSync(registry.authority, 'utf8'),
  });

  test('is released by its commit, and by its version, without a file', async () => {
    const file = readRecordFile('v1.json', system.workspace);
    const place = await publishRecord(client, records, file);
    const { bytes, descriptor } = (await client.manifest(place)) ?? fail();
    await client.putManifest({ ...records, tag: 'v1.0.0' }, bytes, descriptor.mediaType);
    const older = { 'allow-older': 'true', ...ca() };
    const byCommit = await step(staging, 'v1', { ...older, release: file.record.commit });
    expect(byCommit.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v1' });
    const byVersion = await step(staging, 'v1', { ...older, release: 'v1.0.0', version: '' });
    expect(byVersion.outputs).toMatchObject({ 'serving-version': 'v1.0.0' });
    expect(await get(staging)).toBe(`200 ${file.record.commit}`);
  });

  test('that nobody published is missing, not guessed', async () => {
    const result = await step(staging, 'v9', { ...ca(), release: 'v9.9.9' });
    expect(result.log).toContain('[record-missing]%0AValue: v9.9.9');
  });
});

describe('images by tag', () => {
  beforeAll(async () => {
    const [repository = '', digest = ''] = imageOf('v1').split('@');
    const { bytes, descriptor } =
      (await client.manifest({ ...parseReference(repository), tag: undefined, digest })) ?? fail();
    const tagged = {
      ...parseReference(repository),
      tag: `moving-${Date.now()}`,
      digest: undefined,
    };
    await client.putManifest(tagged, bytes, descriptor.mediaType);
    system.write(
      'tagged.json',
      system.read('v1.json').replace(imageOf('v1'), `${repository}:${tagged.tag}`),
    );
  });

  test('are refused', async () => {
    const result = await step(staging, 'tagged');
    expect(result.log).toContain('[release-invalid]');
    expect(result.log).toContain('images must be digests, never tags');
  });

  test('are taken where that is meant; the host keeps the digest that it got', async () => {
    const result = await step(staging, 'tagged', { 'allow-tags': 'true', 'allow-older': 'true' });
    expect(result.exitCode).toBe(0);
    const used = await staging.exec(
      `docker inspect --format '{{.Config.Image}}' ${await containerOf(staging, 'web')}`,
    );
    expect(used).toBe(imageOf('v1'));
  });
});

function imageOf(version: string): string {
  const { web } = readRecordFile(`${version}.json`, system.workspace).record.services;
  return web?.image ?? '';
}

function fail(): never {
  throw new Error('the registry does not have what was just pushed');
}
