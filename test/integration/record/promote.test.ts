import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openDeployment } from '../../../src/github/deployments.ts';
import { parseReference } from '../../../src/registry/reference.ts';
import { commitTag } from '../../../src/release/store.ts';
import { docker, labName, registry } from '../../lab/engine.ts';
import type { StepResult } from '../../runner/runner.ts';
import { memory } from '../../unit/github/scene.ts';
import { openScene, refusal, repository, type Scene } from './scene.ts';

let scene: Scene;
let recorded: StepResult;
let bytes: string;
beforeEach(async () => {
  scene = await openScene();
  for (const service of ['auth', 'chat']) scene.leg(service, await scene.push(service, 'one'));
  recorded = await scene.run();
  bytes = scene.read('release.json');
  // The tag's run has a workspace of its own.
  for (const left of ['release.json', 'slipway'])
    rmSync(join(scene.workspace, left), { recursive: true });
});
afterEach(() => scene.close());

/** What ssh-deploy writes after it has released to staging. */
async function deployed(state: 'success' | 'failure' | 'in_progress', more: object = {}) {
  const { record = '', artifact = '', id = '' } = recorded.outputs;
  const { log } = memory();
  const deployment = await openDeployment(
    {
      token: 'job',
      repository,
      apiUrl: scene.github.url,
      commit: scene.commit,
      environment: 'staging',
      payload: { slipway: 1, record, release: id, version: '1a2b3c4', artifact, ...more },
    },
    log,
  );
  await deployment.status(state);
  return deployment;
}

/** The run of a tag that releases to production. */
const promoted = (
  inputs: Readonly<Record<string, string>> = {},
  onLine?: (line: string) => void,
): Promise<StepResult> =>
  scene.run(
    { environment: 'production', 'promote-wait': '0s', ...inputs },
    { GITHUB_REF: 'refs/tags/v1.2.0', GITHUB_REF_NAME: 'v1.2.0', GITHUB_REF_TYPE: 'tag' },
    onLine,
  );

const tagOf = async (name: string): Promise<string | undefined> =>
  (await scene.client.resolve(scene.at(`${name}:v1.2.0`)))?.digest;

/** Deletes a manifest, and with it every tag on it, as somebody with a shell on the registry's host can. */
async function removeFromDisk(path: string): Promise<void> {
  const [, ...name] = scene.prefix.split('/');
  const root = '/var/lib/registry/docker/registry/v2/repositories';
  await docker('exec', `${labName}-registry`, 'rm', '-rf', `${root}/${name.join('/')}/${path}`);
}

describe('release-record: promotion', () => {
  test('what was proven is let through byte for byte, and gets its version', async () => {
    await deployed('success');
    const step = await promoted();
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'promoted' } });
    expect(scene.read('release.json')).toBe(bytes);
    expect(step.outputs).toMatchObject({
      record: recorded.outputs.record,
      artifact: recorded.outputs.artifact,
    });
    expect(step.outputs.sentence).toMatch(
      /proven by deployment \d+ to staging at .*, as v1\.2\.0\.$/,
    );
    const { services } = JSON.parse(bytes) as { services: Record<string, { image: string }> };
    for (const [name, { image }] of Object.entries(services))
      expect(await tagOf(name)).toBe(image.split('@')[1]);
    expect(await tagOf('saas-chat-release')).toBe(recorded.outputs.artifact?.split('@')[1]);
    // Once more changes nothing.
    expect(await promoted()).toMatchObject({ exitCode: 0 });
  });

  test('never proven: one sentence and the way out, and nothing is tagged', async () => {
    const step = await promoted();
    expect(refusal(step)).toBe('1 refused promotion-unproven');
    expect(step.outputs.sentence).toBe(
      `Commit ${scene.commit.slice(0, 7)} is not promoted, since no deployment to staging has proven it: it was never deployed there.`,
    );
    expect(step.summary).toContain('Deploy this commit to staging first');
    expect(await tagOf('auth')).toBeUndefined();
  });

  test('a failure on staging proves nothing; allow-unproven is loud', async () => {
    await deployed('failure');
    expect(refusal(await promoted())).toBe('1 refused promotion-unproven');
    const step = await promoted({ 'allow-unproven': 'true' });
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'promoted' } });
    expect(step.log).toContain('::warning::NOT PROVEN');
    expect(step.summary).toContain('🚩 **Not proven.**');
    expect(scene.read('release.json')).toBe(bytes);
  });

  test('a staging run in progress is waited for', async () => {
    const deployment = await deployed('in_progress');
    let ended: Promise<void> | undefined;
    const step = await promoted({ 'promote-wait': '5m' }, (line) => {
      if (line.includes('which is in_progress')) ended ??= deployment.status('success');
    });
    await ended;
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'promoted' } });
    expect(step.log).toContain('which is in_progress');
  });

  test('tags that were overwritten or deleted in between change nothing', async () => {
    await deployed('success');
    // An evil record takes the tag of the commit, an evil image that of the real one.
    const place = scene.at('saas-chat-release');
    const evil = await scene.client.manifest(parseReference(await scene.push('auth', 'evil')));
    const { bytes: manifest, descriptor } = evil ?? {
      bytes: Buffer.alloc(0),
      descriptor: undefined,
    };
    const type = descriptor?.mediaType ?? '';
    await scene.client.putBlob(place, Buffer.from('{}'));
    const real = await scene.client.manifest(parseReference(recorded.outputs.artifact ?? ''));
    const other = Buffer.from(JSON.stringify({ ...real?.json, artifactType: 'text/plain' }));
    await scene.client.putManifest(commitTag(place, scene.commit), other, type);
    await scene.client.putManifest(scene.at('auth:one'), manifest, type);
    await removeFromDisk('chat/_manifests/tags/one');
    const step = await promoted();
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'promoted' } });
    expect(scene.read('release.json')).toBe(bytes);
    // Who only asks by the commit is told.
    expect(refusal(await scene.run())).toBe('1 refused record-tampered');
  });

  test('the record was published anew with other contents: it is not what was proven', async () => {
    await deployed('success', { record: `sha256:${'0'.repeat(64)}` });
    const step = await promoted();
    expect(refusal(step)).toBe('1 refused record-tampered');
    expect(step.outputs.sentence).toContain('was proven');
  });

  test('the blob of the record was changed', async () => {
    await deployed('success');
    const [, hex = ''] = (recorded.outputs.record ?? '').split(':');
    const path = `/var/lib/registry/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
    const line = 's/refs.heads.main/refs.heads.evil/';
    await docker('exec', `${labName}-registry`, 'sed', '-i', line, path);
    expect(refusal(await promoted())).toBe('1 refused record-tampered');
  });

  test('the record is gone: refused, unless the file of it is there', async () => {
    await deployed('success');
    await removeFromDisk('saas-chat-release');
    const step = await promoted();
    expect(refusal(step)).toBe('1 refused record-missing');
    expect(step.outputs.sentence).toContain('it is gone from the registry');
    scene.write('release.json', bytes.replace('main', 'evil'));
    expect(refusal(await promoted())).toBe('1 refused record-tampered');
    scene.write('release.json', bytes);
    expect(await promoted()).toMatchObject({ exitCode: 0, outputs: { artifact: '' } });
  });

  test('an image is gone', async () => {
    await deployed('success');
    await removeFromDisk('chat');
    const step = await promoted();
    expect(refusal(step)).toBe('1 refused image-missing');
    expect(step.log).toContain('The image of chat is not in the registry');
    expect(await tagOf('auth')).toBeUndefined();
  });

  test('the version stands for something else already', async () => {
    await deployed('success');
    const other = await scene.push('auth', 'v1.2.0');
    const step = await promoted();
    expect(refusal(step)).toBe('1 refused version-taken');
    expect(await tagOf('auth')).toBe(other.split('@')[1]);
    expect(await tagOf('chat')).toBeUndefined();
  });

  test('an image of another platform', async () => {
    await deployed('success');
    expect(refusal(await promoted({ platforms: 'linux/arm64' }))).toBe(
      '1 refused platform-missing',
    );
  });

  test('a build beside the promotion that made something else', async () => {
    await deployed('success');
    scene.leg('auth', await scene.push('auth', 'two'));
    expect(refusal(await promoted())).toBe('1 refused digest-unrecorded');
  });

  test('a proof that leads to another registry', async () => {
    const elsewhere = `evil.example/x@sha256:${'0'.repeat(64)}`;
    await deployed('success', { artifact: elsewhere });
    expect(refusal(await promoted())).toBe('1 refused record-tampered');
  });

  test('GitHub does not let the token look', async () => {
    const step = await promoted({ token: 'nothing' });
    expect(refusal(step)).toBe('1 refused github-denied');
    expect(step.log).toContain('Add "deployments: read" under "permissions:"');
  });

  test('the registry does not let us tag', async () => {
    await deployed('success');
    const step = await promoted({ 'registry-password': 'wrong-password' });
    expect(refusal(step)).toBe('1 refused registry-denied');
    expect(step.log).toContain(registry.address);
  });
});
