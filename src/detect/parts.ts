import { dirname, join } from 'node:path/posix';
import { readDockerfile } from './dockerfile.ts';
import { repositoryOf } from './found.ts';
import { type Manifest, neededFolders, readManifests } from './manifests.ts';
import { ignoreRules, pattern } from './pattern.ts';
import type { Service } from './services.ts';
import type { Tree } from './tree.ts';

/** Something that a service is made of. */
export interface Part {
  /** In words: `copied by its Dockerfile`. */
  readonly what: string;
  readonly touches: (path: string) => boolean;
}

/**
 * What each service is made of, by its name: its context, or what its Dockerfile takes from a context that it shares with others, the
 * Dockerfile itself, .dockerignore, `watch`, the packages of this repository that its own one needs, and the same of other services
 * whose images it builds upon. When in doubt it is more.
 */
export async function partsOf(
  tree: Tree,
  services: readonly Service[],
): Promise<ReadonlyMap<string, readonly Part[]>> {
  const manifests = await readManifests(tree);
  const own = new Map<Service, readonly Part[]>();
  const below = new Map<Service, readonly Service[]>();
  for (const service of services) {
    const text = (await tree.text(service.dockerfile)) ?? '';
    const { uses } = readDockerfile(text, service.args);
    below.set(
      service,
      services.filter(({ image }) => uses.some((used) => isOf(used, image))),
    );
    own.set(service, await ownParts(tree, service, services, manifests));
  }
  const parts = services.map((service): [string, Part[]] => {
    const all = new Set([service]);
    for (const one of all) for (const other of below.get(one) ?? []) all.add(other);
    return [service.name, [...all].flatMap((one) => own.get(one) ?? [])];
  });
  return new Map(parts);
}

/** Whether a name in a Dockerfile is that of an image; most are of stages, or hold variables. */
function isOf(name: string, image: string): boolean {
  try {
    return repositoryOf(name) === image;
  } catch {
    return false;
  }
}

async function ownParts(
  tree: Tree,
  service: Service,
  services: readonly Service[],
  manifests: readonly Manifest[],
): Promise<Part[]> {
  const { context, dockerfile, watch, contexts } = service;
  const ignoreFiles = [`${dockerfile}.dockerignore`, join(context, '.dockerignore')];
  const homes = [...new Set([dirname(dockerfile), context])].filter((home) => home !== '.');
  const needed = (homes.length === 0 ? ['.'] : homes).flatMap((home) =>
    neededFolders(home, manifests),
  );
  const linked = [dockerfile, context, ...watch, ...contexts].some((path) => tree.isLinked(path));
  return [
    { what: 'its Dockerfile', touches: (path) => path === dockerfile },
    { what: 'says what the builder may see', touches: (path) => ignoreFiles.includes(path) },
    ...(await contextParts(tree, service, services)),
    ...contexts.map((folder) => part('in a further context of its build', folder)),
    ...watch.map((path) => part('watched', path)),
    ...[...new Set(needed)].map((folder) => part(`in ${folder}, a package that it needs`, folder)),
    // What a link leads to changes without the link.
    ...(linked ? [part('a link is on the way to its files, so all of them count', '.')] : []),
  ];
}

function part(what: string, text: string): Part {
  return { what, touches: pattern(text).covers };
}

/** What comes out of the context itself, without what .dockerignore hides. */
async function contextParts(
  tree: Tree,
  service: Service,
  services: readonly Service[],
): Promise<Part[]> {
  const { context, dockerfile, args } = service;
  const texts = await tree.texts([
    dockerfile,
    `${dockerfile}.dockerignore`,
    join(context, '.dockerignore'),
  ]);
  const ignores =
    texts.get(`${dockerfile}.dockerignore`) ?? texts.get(join(context, '.dockerignore')) ?? '';
  const ignored = ignoreRules(ignores);
  const within = (path: string): string | undefined =>
    context === '.'
      ? path
      : path.startsWith(`${context}/`)
        ? path.slice(context.length + 1)
        : undefined;
  const inContext = (what: string, source: string): Part => {
    const { covers } = pattern(source);
    return {
      what,
      touches: (path) => {
        const inner = within(path);
        return inner !== undefined && covers(inner) && !ignored(inner);
      },
    };
  };
  const whole = [inContext('in its context', '.')];
  const shared =
    context === '.' ||
    services.some((other) => other !== service && within(`${other.context}/`) !== undefined);
  if (!shared) return whole;
  const text = texts.get(dockerfile);
  const sources = text === undefined ? undefined : readDockerfile(text, args).sources;
  const links = tree.links.flatMap((link) => within(link) ?? []);
  if (
    sources === undefined ||
    sources.some((source) => links.some((link) => follows(source, link)))
  )
    return whole;
  return sources.map((source) => inContext('copied by its Dockerfile', source));
}

/** Whether a source is a link, or leads through one: the builder follows it to somewhere else. */
function follows(source: string, link: string): boolean {
  const steps = source.split('/');
  return steps.some((_, index) => pattern(steps.slice(0, index + 1).join('/')).is(link));
}
