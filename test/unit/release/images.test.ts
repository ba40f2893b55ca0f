import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../../src/registry/digest.ts';
import { formatReference, type Reference } from '../../../src/registry/reference.ts';
import { addTag, verifyImages } from '../../../src/release/images.ts';
import type { ReleaseRecord } from '../../../src/release/record.ts';
import { problemIn } from '../kit/support.ts';
import { scene } from '../registry/scene.ts';
import { commit, record } from './parts.ts';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const { at, client, server } = scene();

/** Pushes an image for one platform. */
async function single(name: string, platform: object): Promise<Reference> {
  const config = await client().putBlob(at(name), Buffer.from(JSON.stringify(platform)));
  const manifest = { schemaVersion: 2, mediaType: IMAGE, config, layers: [] };
  const { digest } = await client().putManifest(
    at(name),
    Buffer.from(JSON.stringify(manifest)),
    IMAGE,
  );
  return { ...at(name), tag: undefined, digest };
}

/** Pushes an index of several. */
async function several(name: string, platforms: readonly object[]): Promise<Reference> {
  const manifests = platforms.map((platform, index) => ({
    mediaType: IMAGE,
    digest: digestOf(String(index)),
    size: 1,
    platform,
  }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
  const { digest } = await client().putManifest(at(name), bytes, INDEX);
  return { ...at(name), tag: undefined, digest };
}

function recordWith(reference: Reference, platforms?: string[]): ReleaseRecord {
  const image = formatReference(reference);
  return {
    ...record,
    services: { api: { image, revision: commit, ...(platforms && { platforms }) } },
  };
}

describe('verifyImages', () => {
  const amd64 = { os: 'linux', architecture: 'amd64' };

  test('an image for one platform', async () => {
    const release = recordWith(await single('acme/api', amd64));
    await verifyImages(client(), release, []);
    await verifyImages(client(), release, ['linux/amd64']);
    const problem = await problemIn(verifyImages(client(), release, ['linux/arm64']));
    expect(problem).toMatchObject({ id: 'platform-missing' });
    expect(problem.message).toContain('does not run on linux/arm64; it is for linux/amd64');
  });

  test('an image for several platforms; attestations are none', async () => {
    const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const armv7 = { os: 'linux', architecture: 'arm', variant: 'v7' };
    const unknown = { os: 'unknown', architecture: 'unknown' };
    const release = recordWith(await several('acme/api', [amd64, arm64, armv7, unknown]));
    const wanted = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'];
    await verifyImages(client(), release, [...wanted, 'linux/arm64/v8']);
    const problem = await problemIn(verifyImages(client(), release, ['linux/s390x']));
    expect(problem.message).toContain(`it is for ${wanted.join(', ')}.`);
  });

  test('what the record claims must be true', async () => {
    const release = recordWith(await single('acme/api', amd64), ['linux/arm64']);
    expect((await problemIn(verifyImages(client(), release, []))).id).toBe('platform-missing');
  });

  test('an image that is gone is named', async () => {
    const release = recordWith(await single('acme/api', amd64));
    server().content.clear();
    expect(await problemIn(verifyImages(client(), release, []))).toMatchObject({
      id: 'image-missing',
      value: release.services.api?.image,
    });
  });
});

describe('addTag', () => {
  const platform = { os: 'linux', architecture: 'amd64' };

  test('names the same digest, once', async () => {
    const references = [await single('acme/api', platform), await several('acme/web', [platform])];
    expect(await addTag(client(), references, 'v1.2.0')).toBe(2);
    for (const reference of references) {
      const named = { ...reference, digest: undefined, tag: 'v1.2.0' };
      expect((await client().resolve(named))?.digest).toBe(reference.digest);
    }
    expect(await addTag(client(), references, 'v1.2.0')).toBe(0);
  });

  test('a version is never moved, and nothing is named before all has been looked at', async () => {
    const api = await single('acme/api', platform);
    const web = await single('acme/web', platform);
    await addTag(client(), [web], 'v1.2.0');
    const other = await single('acme/web', { os: 'linux', architecture: 's390x' });
    const problem = await problemIn(addTag(client(), [api, other], 'v1.2.0'));
    expect(problem).toMatchObject({ id: 'version-taken' });
    expect(await client().resolve(at('acme/api:v1.2.0'))).toBeUndefined();
    expect((await client().resolve(at('acme/web:v1.2.0')))?.digest).toBe(web.digest);
  });
});
