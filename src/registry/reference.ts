import { UserError } from '../kit/errors.ts';

/** The name of an image, or of anything else that a registry keeps. */
export interface Reference {
  /** Host, with a port where one is given; `docker.io` for Docker Hub. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const HUB = 'docker.io';
const HUB_NAMES: readonly string[] = [HUB, 'index.docker.io', 'registry-1.docker.io'];

const PART = /[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/.source;
const REPOSITORY = new RegExp(`^${PART}(?:/${PART})*$`);
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads a name by Docker's rules: without a registry it is Docker Hub's, and there, without an owner, `library/`'s.
 * Source: https://github.com/distribution/reference
 * @throws UserError `bad-image`
 */
export function parseReference(text: string): Reference {
  const [, rest = '', digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
  const [, name = '', tag] = /^(.*?)(?::([^/:]*))?$/s.exec(rest) ?? [];
  const { registry, repository } = split(name);
  if (
    !REGISTRY.test(registry) ||
    !REPOSITORY.test(repository) ||
    repository.length > 255 ||
    (tag !== undefined && !TAG.test(tag)) ||
    (digest !== undefined && !DIGEST.test(digest))
  ) {
    throw new UserError({
      id: 'bad-image',
      message: 'This is not the name of an image.',
      value: text,
      fix: 'Write registry/repository, for example ghcr.io/acme/app, in lower case, with :tag or @sha256:<64 hex digits> behind it where one is wanted.',
    });
  }
  return { registry, repository, tag, digest };
}

/** The registry of an image, whatever stands behind its name. */
export function registryOf(image: string): string {
  return split(image).registry;
}

/** The first part is a registry when it looks like a host. */
function split(name: string): Pick<Reference, 'registry' | 'repository'> {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isHost ? first : HUB;
  const repository = isHost ? name.slice(slash + 1) : name;
  if (!HUB_NAMES.includes(registry)) return { registry, repository };
  return {
    registry: HUB,
    repository: repository.includes('/') ? repository : `library/${repository}`,
  };
}

/** The whole name, with nothing left to a default: `nginx` is `docker.io/library/nginx`. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  const name = `${registry}/${repository}`;
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Where a registry's API answers. */
export function apiHost(registry: string): string {
  return registry === HUB ? 'registry-1.docker.io' : registry;
}
