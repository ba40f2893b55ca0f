import { dirname, join } from 'node:path/posix';
import { readDockerfile } from './dockerfile.ts';
import { neededFolders, readManifests } from './manifests.ts';
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
 * Dockerfile itself, .dockerignore, `watch`, and the packages of this repository that its own one needs. When in doubt it is more.
 */
export async function partsOf(
  tree: Tree,
  services: readonly Service[],
): Promise<ReadonlyMap<string, readonly Part[]>> {
  const manifests = await readManifests(tree);
  const parts = services.map(async (service): Promise<[string, Part[]]> => {
    const { context, dockerfile, name } = service;
    const own = [`${dockerfile}.dockerignore`, join(context, '.dockerignore')];
    const homes = [...new Set([dirname(dockerfile), context])].filter((home) => home !== '.');
    const needed = new Set(
      (homes.length === 0 ? ['.'] : homes).flatMap((home) => neededFolders(home, manifests)),
    );
    return [
      name,
      [
        { what: 'its Dockerfile', touches: (path) => path === dockerfile },
        { what: 'says what the builder may see', touches: (path) => own.includes(path) },
        ...(await contextParts(tree, service, services)),
        ...service.contexts.map((folder) => part('in a further context of its build', folder)),
        ...service.watch.map((folder) => part('watched', folder)),
        ...[...needed].map((folder) => part(`in ${folder}, a package that it needs`, folder)),
        // What a link leads to changes without the link.
        ...([dockerfile, context, ...service.watch, ...service.contexts].some((path) =>
          tree.isLinked(path),
        )
          ? [part('a link is on the way to its files, so all of them count', '.')]
          : []),
      ],
    ];
  });
  return new Map(await Promise.all(parts));
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
