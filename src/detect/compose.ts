import { dirname, join, normalize } from 'node:path/posix';
import { type Build, type ComposeService, overlay, readComposeFile } from './compose-file.ts';
import { badService, found, type Found } from './found.ts';
import { interpolate } from './interpolate.ts';
import type { Tree } from './tree.ts';

/** What Compose itself looks for, the first one it finds. */
const USUAL = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const VARIANT = /^(?:docker-)?compose\.(.+)\.ya?ml$/;

/** Names of files that are for a developer's machine or a test run, not for what is released. */
export const DEVELOPMENT =
  /(?:^|[.-])(?:dev|devel|development|override|local|debug|test|tests|testing|ci|e2e|lint)(?:[.-]|$)/i;

/**
 * The Compose files of a repository that nobody has named: the usual one, then its variants in order of their names, each over the
 * ones before it; those of developers and tests are left out.
 */
export function usualComposeFiles(tree: Tree): string[] {
  const usual = USUAL.filter((file) => tree.has(file)).slice(0, 1);
  const variants = tree.names('.').filter((file) => {
    const [, variant] = VARIANT.exec(file) ?? [];
    return variant !== undefined && !DEVELOPMENT.test(variant);
  });
  return [...usual, ...variants];
}

/**
 * What the Compose files build: later files win key by key, as with `docker compose -f`. Services that only start with a profile are
 * left out.
 * @throws UserError `compose-invalid`, `service-invalid`
 */
export async function composeBuilds(tree: Tree, files: readonly string[]): Promise<Found[]> {
  const merged = new Map<string, ComposeService>();
  for (const file of files) {
    for (const [name, service] of await readComposeFile(tree, file)) {
      const before = merged.get(name);
      merged.set(name, before === undefined ? service : overlay(before, service));
    }
  }
  // Relative paths are those of the first file's folder, whichever file they stand in.
  const folder = dirname(files[0] ?? '.');
  return [...merged].flatMap(([name, service]) =>
    service.build === undefined || service.profiled
      ? []
      : [toFound(name, service, service.build, folder)],
  );
}

function toFound(
  name: string,
  { origin, image }: ComposeService,
  build: Build,
  folder: string,
): Found {
  const value = (raw: string): string => {
    const resolved = interpolate(raw);
    if (resolved !== undefined) return resolved;
    throw badService(
      origin,
      `How ${name} is built depends on a variable without a default: ${raw}`,
      'Give it one, ${NAME:-default}, or describe the service in slipway.yml.',
    );
  };
  const path = value(build.context ?? '.');
  if (isRemote(path) || build.dockerfile_inline !== undefined) {
    throw badService(
      origin,
      `${name} is not built from a Dockerfile of this repository.`,
      'Put its Dockerfile into a file of this repository, or give the service an "image:" and no "build:".',
    );
  }
  const context = normalize(join(folder, path));
  const args = Object.entries(build.args ?? {}).flatMap(([key, raw]): [string, string][] => {
    const known = raw === null ? undefined : interpolate(raw);
    return known === undefined ? [] : [[key, known]];
  });
  const contexts = Object.values(build.additional_contexts ?? {}).flatMap((raw) => {
    const other = raw === null ? '' : value(raw);
    // What another service is made of is not known here: it may be anything.
    if (other.startsWith('service:')) return ['.'];
    return other === '' || isRemote(other) ? [] : [normalize(join(folder, other))];
  });
  const dockerfile = normalize(join(context, value(build.dockerfile ?? 'Dockerfile')));
  return found(name, context, dockerfile, origin, {
    image: published(image === undefined ? undefined : interpolate(image)),
    target: build.target === undefined ? undefined : value(build.target),
    args: Object.fromEntries(args),
    platforms: (build.platforms ?? []).map(value),
    contexts,
  });
}

function isRemote(context: string): boolean {
  return /:\/\/|^git@/.test(context);
}

/** An image that names a registry; any other name beside `build:` is most often one for the developer's machine. */
function published(image: string | undefined): string | undefined {
  const [first = '', ...rest] = (image ?? '').split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? image : undefined;
}
