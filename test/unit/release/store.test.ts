import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../../src/registry/digest.ts';
import { parseReference, type Reference } from '../../../src/registry/reference.ts';
import { formatRecord, recordHash } from '../../../src/release/record.ts';
import {
  checkHash,
  commitTag,
  fetchCommitRecord,
  fetchRecord,
  publishRecord,
  RECORD_TYPE,
  recordRepository,
} from '../../../src/release/store.ts';
import { problemIn, problemOf } from '../kit/support.ts';
import { scene } from '../registry/scene.ts';
import { commit, config, configOf, earlier, record } from './parts.ts';

describe('recordRepository', () => {
  test.each([
    [config, 'ghcr.io/acme/chat/chat-release'],
    [configOf('app: a\nrecord: quay.io/x/records'), 'quay.io/x/records'],
    [configOf('app: a\nservices: { z: { image: ghcr.io/acme/app } }'), 'ghcr.io/acme/a-release'],
    [configOf('app: a\nservices: { b: { image: ghcr.io/b/b }, a: {} }'), 'ghcr.io/b/a-release'],
    [configOf('app: a\nservices: { b: { image: app } }'), 'docker.io/library/a-release'],
  ])('case %#: beside the images, or where slipway.yml says', (one, place) => {
    expect(recordRepository(one)).toEqual(parseReference(place));
  });

  test("without a name in slipway.yml, beside the record's images", () => {
    expect(recordRepository(configOf('app: a'), record.services)).toEqual(
      parseReference('ghcr.io/acme/chat/a-release'),
    );
    expect(problemOf(() => recordRepository(configOf('app: a')))).toMatchObject({
      id: 'record-place-unknown',
    });
  });
});

describe('a published record', () => {
  const { at, client, server } = scene();
  const place = (): Reference => at('acme/chat-release');
  const file = { bytes: formatRecord(record), record };

  test('comes back byte for byte, by its commit and by its digest', async () => {
    const reference = await publishRecord(client(), place(), file);
    const stored = await fetchCommitRecord(client(), place(), commit);
    expect(stored).toEqual({ ...file, reference });
    expect(await fetchRecord(client(), reference)).toEqual(stored);
  });

  test('is an OCI artifact, whose layer is the file', async () => {
    const reference = await publishRecord(client(), place(), file);
    const fetched = await client().manifest(reference);
    expect(fetched?.json).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: RECORD_TYPE,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 },
      layers: [
        {
          mediaType: RECORD_TYPE,
          digest: recordHash(file.bytes),
          size: file.bytes.length,
          annotations: { 'org.opencontainers.image.title': 'release.json' },
        },
      ],
      annotations: { 'org.opencontainers.image.revision': commit },
    });
  });

  test('the same record twice is the same artifact', async () => {
    const one = await publishRecord(client(), place(), file);
    expect(await publishRecord(client(), place(), file)).toEqual(one);
  });

  test('what is not there is undefined', async () => {
    expect(await fetchCommitRecord(client(), place(), commit)).toBeUndefined();
  });

  /** Puts a manifest under the tag of the commit. */
  const overwrite = async (change: (manifest: Record<string, unknown>) => unknown) => {
    const reference = await publishRecord(client(), place(), file);
    const fetched = await client().manifest(reference);
    const bytes = Buffer.from(JSON.stringify(change({ ...fetched?.json })));
    const type = fetched?.descriptor.mediaType ?? '';
    await client().putManifest(commitTag(place(), commit), bytes, type);
  };

  test.each<[string, (manifest: Record<string, unknown>) => unknown]>([
    ['something else than a record', (manifest) => ({ ...manifest, artifactType: 'text/plain' })],
    ['no layer', (manifest) => ({ ...manifest, layers: [] })],
    ['two layers', ({ layers, ...rest }) => ({ ...rest, layers: [layers, layers].flat() })],
    ['another commit', (manifest) => ({ ...manifest, annotations: {} })],
  ])('%s is tampered with', async (_, change) => {
    await overwrite(change);
    const problem = await problemIn(fetchCommitRecord(client(), place(), commit));
    expect(problem.id).toBe('record-tampered');
  });

  test('a changed blob is tampered with', async () => {
    const reference = await publishRecord(client(), place(), file);
    const key = `acme/chat-release/blobs/${recordHash(file.bytes)}`;
    const bytes = Buffer.from(file.bytes.toString('utf8').replace('main', 'evil'));
    server().content.set(key, { bytes, mediaType: '' });
    expect((await problemIn(fetchRecord(client(), reference))).id).toBe('record-tampered');
  });

  test('a blob that is no record is tampered with', async () => {
    const bytes = Buffer.from('{}');
    const reference = await publishRecord(client(), place(), { bytes, record });
    expect((await problemIn(fetchRecord(client(), reference))).id).toBe('record-tampered');
  });

  test('the record of another commit under this tag is tampered with', async () => {
    const other = { ...record, commit: earlier };
    const reference = await publishRecord(client(), place(), {
      bytes: formatRecord(other),
      record: other,
    });
    const fetched = await client().manifest(reference);
    await client().putManifest(
      commitTag(place(), commit),
      fetched?.bytes ?? Buffer.alloc(0),
      fetched?.descriptor.mediaType ?? '',
    );
    const problem = await problemIn(fetchCommitRecord(client(), place(), commit));
    expect(problem).toMatchObject({ id: 'record-tampered' });
  });

  test('another hash than the proven one', () => {
    checkHash(file, recordHash(file.bytes), 'place');
    const proven = digestOf('something else');
    expect(
      problemOf(() => {
        checkHash(file, proven, 'place');
      }),
    ).toMatchObject({ id: 'record-tampered', value: 'place' });
  });
});
