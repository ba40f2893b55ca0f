import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { docker, registry } from './engine.ts';
import type { ReleaseRecord } from '../../src/release/record.ts';

export interface BuildOptions {
  readonly app: string;
  readonly service: string;
  /** Build context. */
  readonly folder: string;
  readonly commit: string;
  /** Default: Dockerfile in the context. */
  readonly dockerfile?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Files, by the identifiers that the Dockerfile knows them by. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Builds an image with plain docker, pushes it to the lab's registry and gives back its reference by digest. */
export async function buildImage({
  app,
  service,
  folder,
  commit,
  dockerfile = 'Dockerfile',
  buildArgs = {},
  secrets = {},
}: BuildOptions): Promise<string> {
  const repository = `${registry.address}/${app}/${service}`;
  // A tag of its own: another suite may build the same version otherwise at the same time.
  const tag = `${repository}:${commit}-${randomBytes(4).toString('hex')}`;
  const args = Object.entries({
    NODE_IMAGE: 'slipway-lab/node',
    REVISION: commit,
    ...buildArgs,
  }).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const files = Object.entries(secrets).flatMap(([id, path]) => [
    '--secret',
    `id=${id},src=${path}`,
  ]);
  await docker('build', '-q', '-t', tag, '-f', join(folder, dockerfile), ...args, ...files, folder);
  await docker('push', '-q', tag);
  const digests = JSON.parse(
    await docker('image', 'inspect', '-f', '{{json .RepoDigests}}', tag),
  ) as string[];
  const digest = digests.find((candidate) => candidate.startsWith(`${repository}@`));
  if (digest === undefined) throw new Error(`no digest of ${repository} after the push`);
  return digest;
}

/** A commit hash for a version of a test system. */
export function fakeCommit(seed: string): string {
  return Buffer.from(seed.padEnd(20, '.')).toString('hex').slice(0, 40);
}

/** A record of images that were just built. `second` spaces the ids, which sort by time. */
export function recordOf(
  app: string,
  commit: string,
  images: Readonly<Record<string, string>>,
  created = new Date(),
): ReleaseRecord {
  const time = created.toISOString().replace(/\.\d+/, '');
  return {
    schema: 1,
    id: `${time.replaceAll(/[-:]/g, '')}-${commit.slice(0, 7)}`,
    app,
    commit,
    ref: 'refs/heads/main',
    created: time,
    services: Object.fromEntries(
      Object.entries(images).map(([service, image]) => [service, { image, revision: commit }]),
    ),
  };
}
