import { authsOf, type Login } from '../registry/credentials.ts';
import { registryOf } from '../registry/reference.ts';

/** Docker's config.json for the registries of these images, in one line; undefined when they are public. */
export function dockerConfig(
  images: readonly string[],
  login: Login | undefined,
): string | undefined {
  if (login === undefined) return undefined;
  return JSON.stringify({ auths: authsOf(new Set(images.map(registryOf)), login) });
}
