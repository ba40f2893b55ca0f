import type { Slipway } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import type { RegistryClient } from '../registry/client.ts';
import { digestOf } from '../registry/digest.ts';
import { formatReference, parseReference, type Reference } from '../registry/reference.ts';
import { parseRecord, recordHash, type RecordFile } from './record.ts';

/** What a record is in a registry: https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage */
export const RECORD_TYPE = 'application/vnd.slipway.release.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const REVISION = 'org.opencontainers.image.revision';
const LARGEST_RECORD = 1024 * 1024;

/** A record as the registry keeps it. */
export interface StoredRecord extends RecordFile {
  /** By digest. */
  readonly reference: Reference;
}

/**
 * Where the records of a system are kept: `record:` of slipway.yml, else `<app>-release` beside the first image.
 * @param images of a record, for a system whose images slipway.yml does not name
 * @throws UserError `record-place-unknown`
 */
export function recordRepository(
  config: Pick<Slipway, 'app' | 'record' | 'services'>,
  images: Readonly<Record<string, { readonly image?: string | undefined }>> = {},
): Reference {
  if (config.record !== undefined) return bare(parseReference(config.record));
  const image = firstImage(config.services) ?? firstImage(images);
  if (image === undefined) {
    throw new UserError({
      id: 'record-place-unknown',
      message: 'Nothing says where the release records are kept.',
      value: config.app,
      fix: 'Give a service its "image:" in slipway.yml, or add "record: ghcr.io/<owner>/<app>-release" at its top.',
    });
  }
  const { registry, repository } = parseReference(image);
  const parent = repository.split('/').slice(0, -1);
  return bare(parseReference([registry, ...parent, `${config.app}-release`].join('/')));
}

function firstImage(
  services: Readonly<Record<string, { readonly image?: string | undefined }>>,
): string | undefined {
  return Object.keys(services)
    .sort()
    .map((name) => services[name]?.image)
    .find((image) => image !== undefined);
}

function bare(reference: Reference): Reference {
  return { ...reference, tag: undefined, digest: undefined };
}

/** The name of a commit's record. */
export function commitTag(repository: Reference, commit: string): Reference {
  return { ...repository, tag: `sha-${commit}`, digest: undefined };
}

const EMPTY = Buffer.from('{}');

/** What a record is published as. It follows from the record alone, so its digest is known without asking a registry. */
function manifestOf({ bytes, record }: RecordFile): Buffer {
  const blob = (content: Buffer, mediaType: string) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: RECORD_TYPE,
      config: blob(EMPTY, EMPTY_TYPE),
      layers: [
        {
          ...blob(bytes, RECORD_TYPE),
          // The name under which `oras pull` writes it.
          annotations: { 'org.opencontainers.image.title': 'release.json' },
        },
      ],
      annotations: { [REVISION]: record.commit },
    }),
  );
}

/** The place of a record by digest, whether or not it was published. */
export function placeOf(repository: Reference, file: RecordFile): Reference {
  return { ...repository, tag: undefined, digest: digestOf(manifestOf(file)) };
}

/** Publishes a record under the tag of its commit; gives back its place by digest. */
export async function publishRecord(
  client: RegistryClient,
  repository: Reference,
  file: RecordFile,
): Promise<Reference> {
  await client.putBlob(repository, EMPTY);
  await client.putBlob(repository, file.bytes);
  const tag = commitTag(repository, file.record.commit);
  await client.putManifest(tag, manifestOf(file), MANIFEST_TYPE);
  return placeOf(repository, file);
}

/**
 * Fetches a record by tag or digest; undefined when it is not there.
 * @throws UserError `record-tampered` when what is there is not what its name says
 */
export async function fetchRecord(
  client: RegistryClient,
  reference: Reference,
): Promise<StoredRecord | undefined> {
  try {
    const fetched = await client.manifest(reference);
    if (fetched === undefined) return undefined;
    const { descriptor, json } = fetched;
    const [layer, ...others] = json.layers ?? [];
    if (json.artifactType !== RECORD_TYPE || layer?.mediaType !== RECORD_TYPE || others.length > 0)
      throw tampered(reference, 'it is no release record');
    const bytes = await client.blob(reference, layer.digest, LARGEST_RECORD);
    const record = parseRecord(bytes.toString('utf8'), formatReference(reference));
    if (json.annotations?.[REVISION] !== record.commit)
      throw tampered(reference, 'it names another commit than its contents');
    return { bytes, record, reference: { ...bare(reference), digest: descriptor.digest } };
  } catch (error) {
    if (error instanceof UserError && ['digest-mismatch', 'release-invalid'].includes(error.id))
      throw tampered(reference, error.message, error);
    throw error;
  }
}

/**
 * Makes sure that a record is the one that a deployment has vouched for.
 * @throws UserError `record-tampered`
 */
export function checkHash({ bytes }: RecordFile, hash: string, place: string): void {
  const actual = recordHash(bytes);
  if (actual !== hash) throw tamperedAt(place, `its hash is ${actual}, and ${hash} was proven`);
}

/**
 * The record of a commit, which must be of that commit.
 * @throws UserError `record-tampered`
 */
export async function fetchCommitRecord(
  client: RegistryClient,
  repository: Reference,
  commit: string,
): Promise<StoredRecord | undefined> {
  const reference = commitTag(repository, commit);
  const stored = await fetchRecord(client, reference);
  if (stored !== undefined && stored.record.commit !== commit)
    throw tampered(reference, 'it is that of another commit');
  return stored;
}

function tampered(reference: Reference, why: string, cause?: unknown): UserError {
  return tamperedAt(formatReference(reference), why, cause);
}

function tamperedAt(place: string, why: string, cause?: unknown): UserError {
  return new UserError(
    {
      id: 'record-tampered',
      message: `The release record is not what it should be: ${why}`,
      value: place,
      fix: 'Trust nothing of it until it is clear who overwrote it. Then release a new commit, which gets a record of its own.',
    },
    { cause },
  );
}

/** @throws UserError always: `record-missing` */
export function recordMissing(place: string, why: string): never {
  throw new UserError({
    id: 'record-missing',
    message: `There is no release record: ${why}.`,
    value: place,
    fix: 'Let the build of this commit run to its end: its job release-record writes the record and publishes it.',
  });
}
