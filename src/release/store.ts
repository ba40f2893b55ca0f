import type { Slipway } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import type { RegistryClient } from '../registry/client.ts';
import { formatReference, parseReference, type Reference } from '../registry/reference.ts';
import { type Artifact, artifactPlace, fetchArtifact, publishArtifact } from './artifact.ts';
import { parseRecord, recordHash, type RecordFile } from './record.ts';

/** What a record is in a registry. */
export const RECORD_TYPE = 'application/vnd.slipway.release.v1+json';
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

function artifactOf({ bytes, record }: RecordFile): Artifact {
  const annotations = { [REVISION]: record.commit };
  return { type: RECORD_TYPE, title: 'release.json', bytes, annotations };
}

/** The place of a record by digest, whether or not it was published. */
export function placeOf(repository: Reference, file: RecordFile): Reference {
  return artifactPlace(repository, artifactOf(file));
}

/** Publishes a record under the tag of its commit; gives back its place by digest. */
export function publishRecord(
  client: RegistryClient,
  repository: Reference,
  file: RecordFile,
): Promise<Reference> {
  return publishArtifact(client, commitTag(repository, file.record.commit), artifactOf(file));
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
    const fetched = await fetchArtifact(client, reference, RECORD_TYPE, {
      maxBytes: LARGEST_RECORD,
      foreign: () => tampered(reference, 'it is no release record'),
    });
    if (fetched === undefined) return undefined;
    const { bytes, digest, annotations } = fetched;
    const record = parseRecord(bytes.toString('utf8'), formatReference(reference));
    if (annotations[REVISION] !== record.commit)
      throw tampered(reference, 'it names another commit than its contents');
    return { bytes, record, reference: { ...bare(reference), digest } };
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
