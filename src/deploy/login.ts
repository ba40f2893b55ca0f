import { mask } from '../kit/mask.ts';
import type { Login } from '../registry/credentials.ts';

/** Docker's config.json for the registries of these images, in one line; undefined when they are public. */
export function dockerConfig(
  images: readonly string[],
  login: Login | undefined,
): string | undefined {
  if (login === undefined) return undefined;
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  mask(auth);
  const registries = new Set(images.map(registryOf));
  return JSON.stringify({
    auths: Object.fromEntries([...registries].map((registry) => [registry, { auth }])),
  });
}

/** The registry of an image by Docker's own rule: the part before the first slash, when it looks like a host. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
    ? first
    : 'https://index.docker.io/v1/';
}
