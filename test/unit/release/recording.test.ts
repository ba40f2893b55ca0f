import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../../src/registry/digest.ts';
import { formatReference } from '../../../src/registry/reference.ts';
import { type Recording, recordRelease } from '../../../src/release/recording.ts';
import { fetchScan, readScan, type ScanFile } from '../../../src/release/scan.ts';
import { commitTag } from '../../../src/release/store.ts';
import { memory } from '../github/scene.ts';
import { folderWith, problemIn } from '../kit/support.ts';
import { scene } from '../registry/scene.ts';
import { commit, configOf } from './parts.ts';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const { at, client, server } = scene();

/** A build whose only image is in the registry. */
async function build(): Promise<Recording> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, layers: [] }));
  await client().putManifest(at('acme/api'), bytes, IMAGE);
  const image = formatReference({ ...at('acme/api'), digest: digestOf(bytes) });
  return {
    config: configOf('app: chat'),
    commit,
    created: new Date('2026-11-21T08:35:00Z'),
    ref: 'refs/heads/main',
    run: 'https://github.com/acme/chat/actions/runs/7',
    images: { api: { image, revision: commit } },
    scan: undefined,
    platforms: [],
    publish: true,
  };
}

describe('recordRelease', () => {
  test('a registry that denies what is not there yet gets the first record', async () => {
    const recording = await build();
    server().faults.push({ on: 'GET chat-release/manifests', status: 403, times: 1 });
    const { log, lines } = memory();
    const result = await recordRelease(recording, { client: client(), log });
    expect(result).toMatchObject({ outcome: 'recorded', unproven: false });
    expect(lines.join()).toContain('taken for the first');
    const tag = commitTag(at('acme/chat-release'), commit);
    expect((await client().resolve(tag))?.digest).toBe(result.reference?.digest);
  });

  test('who may not push either is told', async () => {
    const recording = await build();
    for (const on of ['GET chat-release', 'HEAD chat-release', 'POST chat-release'])
      server().faults.push({ on, status: 403, times: 9 });
    const context = { client: client(), log: memory().log };
    expect((await problemIn(recordRelease(recording, context))).id).toBe('registry-denied');
  });

  test('a registry that fails is not taken for an empty one', async () => {
    const recording = await build();
    server().faults.push({ on: 'GET chat-release/manifests', status: 500, times: 9 });
    const context = { client: client(), log: memory().log };
    expect((await problemIn(recordRelease(recording, context))).id).toBe('registry-failed');
    expect(server().count('PUT chat-release')).toBe(0);
  });

  test('what a scan of the images has found is published beside the record, which names it', async () => {
    const recording = await build();
    const scan = scanOf(recording.images.api?.image ?? '');
    const context = { client: client(), log: memory().log };
    const { file } = await recordRelease({ ...recording, scan }, context);
    const place = file.record.scan ?? '';
    expect(place).toContain('/acme/chat-release@sha256:');
    expect(await fetchScan(client(), place)).toEqual(scan.bytes);
    const again = await recordRelease({ ...recording, scan: undefined }, context);
    expect(again).toMatchObject({ outcome: 'found', file: { record: { scan: place } } });
  });

  test.each([
    ['another image', (image: string) => ({ api: image.replace(/.{64}$/, 'f'.repeat(64)) })],
    ['less than all of them', () => ({})],
  ])('a scan of %s is none of this release', async (_, images) => {
    const recording = await build();
    const image = recording.images.api?.image ?? '';
    const scan = { ...scanOf(image), images: images(image) };
    const context = { client: client(), log: memory().log };
    const problem = await problemIn(recordRelease({ ...recording, scan }, context));
    expect(problem).toMatchObject({ id: 'scan-foreign', value: image });
    expect(server().count('PUT chat-release')).toBe(0);
  });
});

function scanOf(image: string): ScanFile {
  const targets = { api: { reference: image }, '.': { reference: '.' } };
  const workspace = folderWith({ 'scan.json': JSON.stringify({ schema: 1, targets }) });
  return readScan('scan.json', workspace);
}
