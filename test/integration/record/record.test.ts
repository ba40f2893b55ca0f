import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseRecord } from '../../../src/release/record.ts';
import { commitTag } from '../../../src/release/store.ts';
import { registry } from '../../lab/engine.ts';
import { openScene, refusal, type Scene } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

/** Two images are pushed and their legs are there, as after a build. */
async function built(): Promise<{ auth: string; chat: string }> {
  const auth = await scene.push('auth', 'one');
  const chat = await scene.push('chat', 'one');
  scene.leg('auth', auth, { attestations: ['provenance'] });
  scene.leg('chat', chat);
  return { auth, chat };
}

describe('release-record: the record of a build', () => {
  test('holds every service, is published, and is the same bytes at the second run', async () => {
    const { auth, chat } = await built();
    const first = await scene.run({ platforms: 'linux/amd64' });
    expect(first).toMatchObject({ exitCode: 0, outputs: { outcome: 'recorded' } });
    const text = scene.read('release.json');
    const record = parseRecord(text, 'release.json');
    expect(record).toMatchObject({
      app: 'saas-chat',
      commit: scene.commit,
      ref: 'refs/heads/main',
      run: 'https://github.com/acme/saas-chat/actions/runs/7',
      services: {
        auth: { image: auth, revision: scene.commit, attestations: ['provenance'] },
        chat: { image: chat, revision: scene.commit, platforms: ['linux/amd64'] },
      },
    });
    expect(first.outputs).toMatchObject({
      id: record.id,
      release: 'release.json',
      record: `sha256:${createHash('sha256').update(text).digest('hex')}`,
      services: JSON.stringify(record.services),
    });
    expect(first.outputs.artifact).toMatch(
      new RegExp(`^${scene.prefix}/saas-chat-release@sha256:[0-9a-f]{64}$`),
    );
    expect(first.summary).toContain(`| auth | \`${scene.prefix}/auth\` |`);
    expect(first.summary).toContain('of this commit');
    expect(first.log).not.toContain(registry.password);

    // Another run, which would say another run's address.
    rmSync(join(scene.workspace, 'release.json'));
    const second = await scene.run({}, { GITHUB_RUN_ID: '8', GITHUB_REF: 'refs/tags/v1' });
    expect(second).toMatchObject({ exitCode: 0, outputs: { outcome: 'found' } });
    expect(scene.read('release.json')).toBe(text);
    expect(second.outputs.artifact).toBe(first.outputs.artifact);
  });

  test('takes over what was not built, when a record accounts for it', async () => {
    const { auth } = await built();
    await scene.run();
    const revision = scene.commit;
    const commit = await scene.commitAgain();
    rmSync(join(scene.workspace, 'slipway/auth.json'));
    scene.leg('chat', await scene.push('chat', 'two'), { revision: commit });
    const unchanged = JSON.stringify({ auth: { image: auth, revision, context: 'auth' } });
    const { outputs, summary } = await scene.run({ unchanged });
    expect(outputs.outcome).toBe('recorded');
    const { services } = parseRecord(scene.read('release.json'), '');
    expect(services.auth).toEqual({ image: auth, revision });
    expect(services.chat?.revision).toBe(commit);
    expect(summary).toContain(`| \`${revision.slice(0, 7)}\` | unchanged |`);
  });

  test('what no record accounts for is not taken over', async () => {
    const { auth } = await built();
    await scene.run();
    const revision = scene.commit;
    const commit = await scene.commitAgain();
    rmSync(join(scene.workspace, 'slipway/auth.json'));
    scene.leg('chat', await scene.push('chat', 'two'), { revision: commit });
    for (const facts of [
      { image: await scene.push('auth', 'evil'), revision },
      { image: auth, revision: 'f'.repeat(40) },
    ]) {
      const step = await scene.run({ unchanged: JSON.stringify({ auth: facts }) });
      expect(refusal(step)).toBe('1 refused digest-unrecorded');
    }
  });

  test('without publishing it is a file, and the same one each time', async () => {
    await built();
    const inputs = { publish: 'false', release: 'out/release.json' };
    const first = await scene.run(inputs);
    expect(first).toMatchObject({ exitCode: 0, outputs: { outcome: 'recorded', artifact: '' } });
    const text = scene.read('out/release.json');
    await scene.run(inputs, { GITHUB_RUN_ID: '8' });
    expect(scene.read('out/release.json')).toBe(text);
    expect(
      await scene.client.resolve(commitTag(scene.at('saas-chat-release'), scene.commit)),
    ).toBeUndefined();
  });

  test('a leg that contradicts the published record is refused, and the record stays', async () => {
    await built();
    const { outputs } = await scene.run();
    scene.leg('auth', await scene.push('auth', 'two'));
    const step = await scene.run();
    expect(refusal(step)).toBe('1 refused digest-unrecorded');
    expect(step.outputs.sentence).toContain('No record accounts for this image of auth');
    const tag = commitTag(scene.at('saas-chat-release'), scene.commit);
    expect((await scene.client.resolve(tag))?.digest).toBe(outputs.artifact?.split('@')[1]);
  });

  test('a missing service is named', async () => {
    await built();
    rmSync(join(scene.workspace, 'slipway/chat.json'));
    const step = await scene.run();
    expect(refusal(step)).toBe('1 refused record-incomplete');
    expect(step.log).toContain('no image of chat');
    expect(step.summary).toContain('`record-incomplete` chat');
  });

  test('an image that is not there', async () => {
    const { auth } = await built();
    scene.leg('auth', `${auth.split('@')[0] ?? ''}@sha256:${'0'.repeat(64)}`);
    expect(refusal(await scene.run())).toBe('1 refused image-missing');
  });

  test('an image for another platform', async () => {
    await built();
    scene.leg('auth', await scene.push('auth', 'arm', 'arm64'), { platforms: ['linux/arm64'] });
    const step = await scene.run({ platforms: 'linux/amd64, linux/arm64' });
    expect(refusal(step)).toBe('1 refused platform-missing');
    expect(step.log).toContain('does not run on linux/a');
  });

  test('an image of somebody else', async () => {
    const { auth } = await built();
    scene.leg('auth', auth.replace('/auth@', '/other@'));
    expect(refusal(await scene.run())).toBe('1 refused image-foreign');
  });

  test('a leg that is none', async () => {
    await built();
    scene.write('slipway/auth.json', '{"image":"auth:latest"}');
    expect(refusal(await scene.run())).toBe('1 refused leg-invalid');
  });

  test('the registry lets nobody in', async () => {
    await built();
    const step = await scene.run({ 'registry-password': 'wrong-password' });
    expect(refusal(step)).toBe('1 refused registry-denied');
    expect(step.log).toContain('docker/login-action');
    expect(step.log).not.toContain('wrong-password');
  });

  test('the registry is not trusted, or not there', async () => {
    await built();
    expect(refusal(await scene.run({ 'registry-ca': '' }))).toBe('1 refused registry-untrusted');
    writeFileSync(
      join(scene.workspace, 'gone.yml'),
      scene.read('slipway.yml').replaceAll(registry.address, '127.0.0.1:1'),
    );
    expect(refusal(await scene.run({ config: 'gone.yml' }))).toBe('1 refused registry-unreachable');
  });

  test('without slipway.yml the system is named after its repository', async () => {
    await built();
    rmSync(join(scene.workspace, 'slipway.yml'));
    expect(await scene.run()).toMatchObject({ exitCode: 0, outputs: { outcome: 'recorded' } });
    expect(parseRecord(scene.read('release.json'), '').app).toBe('saas-chat');
  });

  test('an environment that requires nothing asks for no proof; one that is unknown is refused', async () => {
    await built();
    const step = await scene.run({ environment: 'staging' });
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'recorded' } });
    expect(scene.github.requests).toEqual([]);
    expect(refusal(await scene.run({ environment: 'stagin' }))).toBe(
      '1 refused environment-unknown',
    );
  });

  test('a version that can be no tag of an image', async () => {
    await built();
    const tag = { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'auth/v1' };
    expect(refusal(await scene.run({ promote: 'staging' }, tag))).toBe('1 refused bad-version');
  });

  test('a workspace without a commit', async () => {
    await built();
    rmSync(join(scene.workspace, '.git'), { recursive: true });
    expect(refusal(await scene.run())).toBe('1 refused repository-missing');
  });
});
