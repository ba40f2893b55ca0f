import { UserError } from '../kit/errors.ts';
import { formatReference, parseReference } from '../registry/reference.ts';

/** What one source says about an image that is built from this repository. Paths are relative to the repository. */
export interface Found {
  readonly name: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly image: string | undefined;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly platforms: readonly string[];
  /** Further folders that the Dockerfile may copy from, by name. */
  readonly contexts: readonly string[];
  readonly watch: readonly string[];
  readonly maxSize: string | undefined;
  /** File, and line where there is one, for errors. */
  readonly origin: string;
}

/** One that is nothing but a Dockerfile in a context. */
export function found(
  name: string,
  context: string,
  dockerfile: string,
  origin: string,
  more: Partial<Found> = {},
): Found {
  const nothing = { image: undefined, target: undefined, maxSize: undefined };
  const none = { args: {}, platforms: [], contexts: [], watch: [] };
  return { ...nothing, ...none, name, context, dockerfile, origin, ...more };
}

/**
 * The whole name of an image's repository, without tag and digest.
 * @throws UserError `bad-image`
 */
export function repositoryOf(image: string): string {
  return formatReference({ ...parseReference(image), tag: undefined, digest: undefined });
}

/** A service that cannot be built as it is described; `origin` is file and line. */
export function badService(origin: string, message: string, fix: string): UserError {
  return new UserError({ id: 'service-invalid', message, value: origin, fix });
}
