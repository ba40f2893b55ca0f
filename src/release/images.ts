import { UserError } from '../kit/errors.ts';
import type { Fetched, RegistryClient } from '../registry/client.ts';
import { formatReference, parseReference, type Reference } from '../registry/reference.ts';
import type { ReleaseRecord } from './record.ts';

const LARGEST_CONFIG = 4 * 1024 * 1024;

/**
 * Proves that every image of a record is in its registry, and runs on these platforms and on those that the record claims.
 * @param platforms e.g. `linux/amd64`
 * @throws UserError `image-missing` or `platform-missing`
 */
export async function verifyImages(
  client: RegistryClient,
  record: ReleaseRecord,
  platforms: readonly string[],
): Promise<void> {
  await Promise.all(
    Object.entries(record.services).map(async ([service, { image, platforms: claimed = [] }]) => {
      const reference = parseReference(image);
      const fetched = await needManifest(client, reference, service);
      const wanted = [...new Set([...platforms, ...claimed].map(plainPlatform))];
      if (wanted.length === 0) return;
      const offered = await platformsOf(client, reference, fetched);
      const missing = wanted.filter((platform) => !offered.includes(platform));
      if (missing.length === 0) return;
      throw new UserError({
        id: 'platform-missing',
        message: `The image of ${service} does not run on ${missing.join(', ')}; it is for ${offered.join(', ') || 'no platform that it names'}.`,
        value: image,
        fix: `Build it with platforms: ${wanted.join(',')} (build-image, or services.${service}.platforms in slipway.yml), or correct the platforms of the hosts.`,
      });
    }),
  );
}

async function needManifest(
  client: RegistryClient,
  reference: Reference,
  service: string,
): Promise<Fetched> {
  const fetched = await client.manifest(reference);
  if (fetched !== undefined) return fetched;
  throw new UserError({
    id: 'image-missing',
    message: `The image of ${service} is not in the registry.`,
    value: formatReference(reference),
    fix: 'Check that the build pushed it and that no clean-up deleted it; an image that is gone can only be built anew, from a new commit.',
  });
}

/** What an image runs on; attestations, which BuildKit keeps beside it, are no platform. */
async function platformsOf(
  client: RegistryClient,
  reference: Reference,
  { json }: Fetched,
): Promise<string[]> {
  if (json.manifests !== undefined) {
    return json.manifests
      .flatMap(({ platform }) => (platform === undefined ? [] : [nameOf(platform)]))
      .filter((name) => name !== 'unknown/unknown');
  }
  if (json.config === undefined) return [];
  const bytes = await client.blob(reference, json.config.digest, LARGEST_CONFIG);
  return [nameOf(JSON.parse(bytes.toString('utf8')) as Partial<Platform>)];
}

interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

function nameOf({ os = 'unknown', architecture = 'unknown', variant }: Partial<Platform>): string {
  return plainPlatform([os, architecture, ...(variant ? [variant] : [])].join('/'));
}

/** Some variants go without saying. Source: containerd, platforms.Normalize */
function plainPlatform(platform: string): string {
  return platform.replace(/^(\w+\/arm64)\/v8$/, '$1').replace(/^(\w+\/amd64)\/v1$/, '$1');
}

/**
 * Gives things in the registry another name, by the same bytes: the tag stands for the same digest. A tag that stands for something else
 * is never moved; all are looked at before the first is set.
 * @param references by digest
 * @returns how many were set; the others had the tag already
 * @throws UserError `version-taken` or `image-missing`
 */
export async function addTag(
  client: RegistryClient,
  references: readonly Reference[],
  tag: string,
): Promise<number> {
  refuseTwins(references, tag);
  const wanted = await Promise.all(
    references.map(async (reference) => {
      const named = { ...reference, digest: undefined, tag };
      const there = await client.resolve(named);
      if (there !== undefined && there.digest !== reference.digest) {
        throw new UserError({
          id: 'version-taken',
          message: `The version ${tag} already stands for something else (${there.digest}).`,
          value: formatReference(named),
          fix: `A version is released once: tag this commit with a new one. If that tag was set by mistake, delete it in the registry. It should be ${reference.digest ?? ''}.`,
        });
      }
      return there === undefined ? { reference, named } : undefined;
    }),
  );
  const missing = wanted.filter((one) => one !== undefined);
  await Promise.all(
    missing.map(async ({ reference, named }) => {
      const { bytes, descriptor } = await needManifest(client, reference, reference.repository);
      await client.putManifest(named, bytes, descriptor.mediaType);
    }),
  );
  return missing.length;
}

/** Several images of one repository cannot have one tag. */
function refuseTwins(references: readonly Reference[], tag: string): void {
  const digests = new Map<string, string | undefined>();
  for (const reference of references) {
    const name = formatReference({ ...reference, digest: undefined, tag });
    if (digests.has(name) && digests.get(name) !== reference.digest) {
      throw new UserError({
        id: 'version-taken',
        message: `Two services have their images in one repository, where ${tag} can stand for one of them only.`,
        value: name,
        fix: 'Give each service a repository of its own: services.<name>.image in slipway.yml.',
      });
    }
    digests.set(name, reference.digest);
  }
}
