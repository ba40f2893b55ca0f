import type { Manifest, RegistryClient } from '../registry/client.ts';
import { digestOf } from '../registry/digest.ts';
import type { Reference } from '../registry/reference.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const EMPTY = Buffer.from('{}');

/** One file as a registry keeps it: https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage */
export interface Artifact {
  /** Media type: of the artifact, and of its one layer. */
  readonly type: string;
  /** The name under which `oras pull` writes it. */
  readonly title: string;
  readonly bytes: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What an artifact is published as. It follows from the artifact alone, so its digest is known without asking a registry. */
function manifestOf({ type, title, bytes, annotations }: Artifact): Buffer {
  const blob = (content: Buffer, mediaType: string) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: type,
      config: blob(EMPTY, EMPTY_TYPE),
      layers: [{ ...blob(bytes, type), annotations: { 'org.opencontainers.image.title': title } }],
      annotations,
    }),
  );
}

/** The place of an artifact by digest, whether or not it was published. */
export function artifactPlace(repository: Reference, artifact: Artifact): Reference {
  return { ...repository, tag: undefined, digest: digestOf(manifestOf(artifact)) };
}

/** Publishes an artifact, under a tag if there is one; gives back its place by digest. */
export async function publishArtifact(
  client: RegistryClient,
  repository: Reference,
  artifact: Artifact,
): Promise<Reference> {
  const place = artifactPlace(repository, artifact);
  await client.putBlob(repository, EMPTY);
  await client.putBlob(repository, artifact.bytes);
  const name = repository.tag === undefined ? place : repository;
  await client.putManifest(name, manifestOf(artifact), MANIFEST_TYPE);
  return place;
}

/** What was found under a name. */
export interface Fetched {
  readonly bytes: Buffer;
  /** Of the manifest. */
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Fetches an artifact by tag or digest; undefined when nothing is there.
 * @param foreign makes the error for what is there and is none of that type
 * @throws UserError `digest-mismatch`, and whatever the registry is guilty of
 */
export async function fetchArtifact(
  client: RegistryClient,
  reference: Reference,
  type: string,
  { maxBytes, foreign }: { readonly maxBytes: number; readonly foreign: () => Error },
): Promise<Fetched | undefined> {
  const fetched = await client.manifest(reference);
  if (fetched === undefined) return undefined;
  const { descriptor, json } = fetched;
  const layer = onlyLayer(json, type);
  if (layer === undefined) throw foreign();
  const bytes = await client.blob(reference, layer, maxBytes);
  return { bytes, digest: descriptor.digest, annotations: json.annotations ?? {} };
}

function onlyLayer({ artifactType, layers = [] }: Manifest, type: string): string | undefined {
  const [layer, ...others] = layers;
  return artifactType === type && layer?.mediaType === type && others.length === 0
    ? layer.digest
    : undefined;
}
