import { dirname, isAbsolute, join, normalize } from 'node:path/posix';
import type { Slipway } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import { composeBuilds, usualComposeFiles } from './compose.ts';
import { dockerfileBuilds } from './dockerfiles.ts';
import { badService, found, type Found, repositoryOf } from './found.ts';
import { type Stack, stackOf } from './stack.ts';
import type { Tree } from './tree.ts';

/** An image that is built from this repository. Paths are relative to the repository. */
export interface Service extends Found, Stack {
  /** Repository of the image, without tag. */
  readonly image: string;
}

export interface DetectOptions {
  /** slipway.yml, where there is one. */
  readonly config: Slipway | undefined;
  /** What slipway.yml is called, for errors. */
  readonly configFile: string;
  /** `owner/name` on GitHub: gives names to images that nobody has named. */
  readonly repository: string;
}

/**
 * The services of a repository, sorted by name: those that slipway.yml lists, completed by the Compose files and Dockerfiles; without
 * any there, those that the Compose files build; else those that the Dockerfiles in the tree make.
 * @throws UserError `services-missing`, `service-invalid`, `service-duplicate`, `dockerfile-missing`, `context-outside`, `compose-invalid`
 */
export async function detectServices(tree: Tree, options: DetectOptions): Promise<Service[]> {
  const all = merge(await conventional(tree, options), options);
  if (all.length === 0) {
    throw new UserError({
      id: 'services-missing',
      message: 'Nothing in this repository says what to build.',
      value: options.repository,
      fix: 'Commit a Dockerfile, a Compose file with "build:", or a slipway.yml that gives a service its "context:".',
    });
  }
  for (const service of all) check(service, tree);
  refuseTwins(all, ({ name }) => name, 'name');
  const services = await Promise.all(
    all.map(async (one) => ({
      ...one,
      image: imageOf(one, options.repository, all.length),
      ...(await stackOf(tree, one)),
    })),
  );
  services.sort((a, b) => (a.name < b.name ? -1 : 1));
  refuseTwins(services, ({ image }) => image, 'image');
  return services;
}

/** What holds without a word in slipway.yml. */
async function conventional(tree: Tree, options: DetectOptions): Promise<readonly Found[]> {
  const { config, repository } = options;
  const named = config && [
    ...config.compose,
    ...Object.values(config.environments).flatMap(({ compose = [] }) => compose),
  ];
  const given = [...new Set(named)].map((file) => normalize(file)).filter((file) => tree.has(file));
  const files = given.length > 0 ? given : usualComposeFiles(tree);
  const composed = await composeBuilds(tree, files);
  // Services that run one and the same image: it is built once, and the deploy finds it by its repository.
  const distinct = composed.filter(
    (one, index, all) =>
      one.image === undefined ||
      index === all.findIndex((other) => definition(other) === definition(one)),
  );
  if (distinct.length > 0) return distinct;
  const lone = await dockerfileBuilds(tree, repository.split('/').pop() ?? repository);
  const [only, ...others] = lone;
  const [name, ...further] = Object.keys(config?.services ?? {});
  // A single Dockerfile belongs to the single service, whatever its folder is called.
  return only && name !== undefined && others.length + further.length === 0
    ? [{ ...only, name }]
    : lone;
}

/** slipway.yml over what holds by convention; where it lists services, there are no others. */
function merge(base: readonly Found[], { config, configFile }: DetectOptions): readonly Found[] {
  const declared = Object.entries(config?.services ?? {}).flatMap(([name, own]): Found[] => {
    const before = base.find((one) => one.name === name);
    const described = own.context !== undefined || own.dockerfile !== undefined;
    if (before === undefined && !described) return [];
    const origin =
      described || before === undefined ? `${configFile} (services.${name})` : before.origin;
    const context =
      own.context === undefined ? (before?.context ?? '.') : relative(own.context, origin);
    const dockerfile =
      own.dockerfile === undefined
        ? own.context === undefined && before !== undefined
          ? before.dockerfile
          : join(context, 'Dockerfile')
        : relative(own.dockerfile, origin);
    return [
      found(name, context, dockerfile, origin, {
        ...before,
        name,
        context,
        dockerfile,
        origin,
        image: own.image ?? before?.image,
        target: own.target ?? before?.target,
        args: { ...before?.args, ...own.args },
        platforms: own.platforms ?? before?.platforms ?? [],
        watch: (own.watch ?? []).map((path) => relative(path, origin)),
        maxSize: own['max-size'],
      }),
    ];
  });
  return Object.keys(config?.services ?? {}).length === 0 ? base : declared;
}

/** A path of slipway.yml, which is relative to the repository. */
function relative(path: string, origin: string): string {
  const clean = normalize(path).replace(/\/$/, '') || '.';
  if (!isOutside(clean)) return clean;
  throw outside(path, origin);
}

function isOutside(path: string): boolean {
  return isAbsolute(path) || path === '..' || path.startsWith('../');
}

function outside(path: string, origin: string): UserError {
  return new UserError({
    id: 'context-outside',
    message: `${origin} leads out of the repository: ${path}`,
    value: path,
    fix: 'Give a path relative to the root of the repository, and below it.',
  });
}

/** @throws UserError `context-outside`, `dockerfile-missing`, `service-invalid` */
function check({ name, context, dockerfile, contexts, origin }: Found, tree: Tree): void {
  for (const path of [context, dockerfile, ...contexts])
    if (isOutside(path)) throw outside(path, origin);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw badService(
      origin,
      `${name} cannot be the name of a service.`,
      'Use letters, digits, dots, - and _.',
    );
  }
  if (tree.has(dockerfile) || tree.isLinked(dirname(dockerfile))) return;
  throw new UserError({
    id: 'dockerfile-missing',
    message: `The Dockerfile of ${name} is not in the repository (${origin}).`,
    value: dockerfile,
    fix: 'Commit the file, or name another with "dockerfile:".',
  });
}

/** Repository of the image: the given one, else that of this repository on ghcr.io. */
function imageOf({ name, image, origin }: Found, repository: string, count: number): string {
  const path = count === 1 ? repository : `${repository}/${name}`;
  const text = image ?? `ghcr.io/${path}`.toLowerCase();
  try {
    return repositoryOf(text);
  } catch (error) {
    throw new UserError(
      {
        id: 'bad-image',
        message: `The image of ${name} has no valid name (${origin}).`,
        value: text,
        fix: 'Write registry/repository in lower case, for example "image: ghcr.io/acme/app", in slipway.yml.',
      },
      { cause: error },
    );
  }
}

/** Everything that decides how an image is built, apart from files, as text to compare. */
export function definition({
  context,
  dockerfile,
  image,
  target,
  args,
  platforms,
  contexts,
}: Found): string {
  const sorted = Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([context, dockerfile, image, target, sorted, platforms, contexts]);
}

/** @throws UserError `service-duplicate` */
function refuseTwins<T extends Found>(
  all: readonly T[],
  of: (one: T) => string,
  what: string,
): void {
  const seen = new Map<string, T>();
  for (const one of all) {
    const twin = seen.get(of(one));
    if (twin !== undefined) {
      throw new UserError({
        id: 'service-duplicate',
        message: `Two different services have the same ${what}: ${twin.origin} and ${one.origin}.`,
        value: of(one),
        fix: 'Describe them in slipway.yml, each with a name and an image of its own.',
      });
    }
    seen.set(of(one), one);
  }
}
