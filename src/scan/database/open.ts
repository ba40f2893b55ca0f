import { join } from 'node:path';
import { messageOf, type Problem, UserError } from '../../kit/errors.ts';
import type { TrivyContext } from '../trivy/run.ts';
import { type DatabaseCache, repositoryCache } from './cache.ts';
import { check } from './check.ts';
import { failure, Stale } from './failure.ts';
import { download, lookUp } from './fetch.ts';
import { type DatabaseName, type Kind, KINDS } from './kinds.ts';
import { adopt, inPrivate, isThere, readDigest, remove, writeDigest } from './place.ts';

export interface DatabaseSettings {
  /** Mirrors of one database, the best first, as `registry/repository:tag`. */
  readonly repositories: readonly string[];
  readonly maxAgeMs: number;
  /** For all that is asked of registries. What the cache still has is looked at after that. */
  readonly deadlineMs: number;
  /** No registry is asked: the database has to be in Trivy's cache already. */
  readonly offline: boolean;
}

/** What Trivy's cache holds now. With `ready` and `stale` it can be scanned with (`--skip-db-update --skip-java-db-update`). */
export type DatabaseState =
  | {
      readonly state: 'ready';
      readonly updatedAt: Date;
      /** Of the manifest that it came by; undefined when nobody knows. */
      readonly digest: string | undefined;
      readonly origin: 'cache' | 'download';
      /** What a person should know although all is well, e.g. that a mirror had to do. */
      readonly note?: string;
    }
  | { readonly state: 'unavailable'; readonly problem: Problem }
  | { readonly state: 'stale'; readonly updatedAt: Date; readonly problem: Problem };

/** A database that is whole; it may be too old. */
interface Copy {
  readonly updatedAt: Date;
  readonly digest: string | undefined;
  readonly origin: 'cache' | 'download';
  readonly stale: Stale | undefined;
}

/**
 * Makes one of Trivy's databases be in its cache, whole and not too old: the copy that is there, the one that earlier jobs have kept,
 * or a new one from the first mirror that can give it.
 * Never throws for a database that cannot be had.
 */
export async function openDatabase(
  name: DatabaseName,
  settings: DatabaseSettings,
  context: TrivyContext,
  cache: DatabaseCache = repositoryCache(context.env),
): Promise<DatabaseState> {
  const opening = new Opening(KINDS[name], settings, context, cache);
  return settings.offline ? opening.offline() : opening.online();
}

class Opening {
  readonly #kind: Kind;
  readonly #settings: DatabaseSettings;
  readonly #context: TrivyContext;
  readonly #cache: DatabaseCache;
  /** The best that lies in Trivy's cache. */
  #kept: Copy | undefined;

  constructor(kind: Kind, settings: DatabaseSettings, context: TrivyContext, cache: DatabaseCache) {
    this.#kind = kind;
    this.#settings = settings;
    this.#context = context;
    this.#cache = cache;
  }

  async offline(): Promise<DatabaseState> {
    const { cacheDir } = this.#context;
    if (!isThere(this.#kind, cacheDir))
      return { state: 'unavailable', problem: failure('database-offline', this.#kind, cacheDir) };
    try {
      return stateOf(await this.#inspect(cacheDir, cacheDir, 'cache'));
    } catch (error) {
      return { state: 'unavailable', problem: this.#problem(error) };
    }
  }

  async online(): Promise<DatabaseState> {
    const { clock, log } = this.#context;
    const { repositories, deadlineMs } = this.#settings;
    this.#kept = await this.#look();
    const end = clock.now() + deadlineMs;
    const failures: UserError[] = [];
    for (const [index, repository] of repositories.entries()) {
      // One that hangs must leave time for those after it.
      const share = (end - clock.now()) / (repositories.length - index);
      try {
        const copy = await this.#from(repository, clock.now() + share);
        return stateOf(copy, failures.length === 0 ? undefined : `It is from ${repository}, since others failed: ${told(failures)}`); // prettier-ignore
      } catch (error) {
        const problem = this.#problem(error);
        failures.push(problem);
        log.info(`${repository}: ${problem.message}`);
      }
    }
    this.#kept ??= await this.#latest();
    if (this.#kept !== undefined)
      return stateOf(this.#kept, `No registry gave a newer one. ${told(failures)}`.trimEnd());
    const [first] = failures;
    const problem = first ?? failure('database-missing', this.#kind, '', 'no repository is named');
    return {
      state: 'unavailable',
      problem: failures.length > 1 ? { ...plain(problem), value: told(failures) } : problem,
    };
  }

  /** What lies in Trivy's cache; what is damaged there is thrown away. */
  async #look(): Promise<Copy | undefined> {
    const { cacheDir, log } = this.#context;
    if (!isThere(this.#kind, cacheDir)) return undefined;
    try {
      return await this.#inspect(cacheDir, cacheDir, 'cache');
    } catch (error) {
      log.info(`What lies in ${cacheDir} is thrown away. ${this.#problem(error).message}`);
      remove(this.#kind, cacheDir);
      return undefined;
    }
  }

  /** The database that a registry offers, from wherever it is nearest. @throws UserError; Stale, when even that one is too old */
  async #from(repository: string, end: number): Promise<Copy> {
    const kind = this.#kind;
    const offer = await lookUp(kind, repository, end, this.#context);
    if (this.#kept?.digest === offer.digest) return fresh(this.#kept);
    return this.#privately(async (folder) => {
      const key = `${prefixOf(kind)}${offer.digest}`;
      const restored = await this.#restore(folder, key);
      if (restored !== undefined) return fresh(this.#keep(restored, folder));
      await download(kind, offer, end, { ...this.#context, cacheDir: folder });
      writeDigest(kind, folder, offer.digest);
      const copy = await this.#inspect(folder, repository, 'download');
      if (copy.stale === undefined) await this.#save(folder, key);
      return fresh(this.#keep(copy, folder));
    });
  }

  /** The latest that earlier jobs have kept. */
  async #latest(): Promise<Copy | undefined> {
    try {
      return await this.#privately(async (folder) => {
        const prefix = prefixOf(this.#kind);
        const copy = await this.#restore(folder, prefix, prefix);
        return copy === undefined ? undefined : this.#keep(copy, folder);
      });
    } catch (error) {
      this.#context.log.info(this.#problem(error).message);
      return undefined;
    }
  }

  async #restore(folder: string, key: string, prefix?: string): Promise<Copy | undefined> {
    try {
      const hit = await this.#cache.restore(join(folder, this.#kind.folder), key, prefix);
      return hit === undefined ? undefined : await this.#inspect(folder, hit, 'cache');
    } catch (error) {
      this.#context.log.info(`What the cache had cannot be used: ${messageOf(error)}`);
      remove(this.#kind, folder);
      return undefined;
    }
  }

  /** The cache is a help, and no reason to fail. */
  async #save(folder: string, key: string): Promise<void> {
    await this.#cache.save(join(folder, this.#kind.folder), key).catch((error: unknown) => {
      this.#context.log.info(`The database was not kept for later jobs: ${messageOf(error)}`);
    });
  }

  /** Puts a copy in its place, unless the one that is there is newer: a mirror may lag behind. @returns the better one */
  #keep(copy: Copy, folder: string): Copy {
    if (this.#kept !== undefined && this.#kept.updatedAt > copy.updatedAt) return this.#kept;
    adopt(this.#kind, folder, this.#context.cacheDir);
    this.#kept = copy;
    return copy;
  }

  /** @param value where it came from, for the error */
  async #inspect(cacheDir: string, value: string, origin: Copy['origin']): Promise<Copy> {
    const digest = readDigest(this.#kind, cacheDir);
    const { maxAgeMs } = this.#settings;
    try {
      const context = { ...this.#context, cacheDir };
      const updatedAt = await check(this.#kind, value, maxAgeMs, context);
      return { updatedAt, digest, origin, stale: undefined };
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
      return { updatedAt: error.updatedAt, digest, origin, stale: error };
    }
  }

  /** A full disk is a circumstance like any other, and so is a folder that cannot be written to. @throws what is a bug of ours */
  #problem(error: unknown): UserError {
    if (error instanceof UserError) return error;
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return failure('database-failed', this.#kind, this.#context.cacheDir, messageOf(error));
  }

  #privately<T>(work: (folder: string) => Promise<T>): Promise<T> {
    return inPrivate(this.#context.cacheDir, this.#context.clock.now(), work);
  }
}

function prefixOf({ name, schema }: Kind): string {
  return `slipway-trivy-${name}-db-${schema}-`;
}

function fresh(copy: Copy): Copy {
  if (copy.stale !== undefined) throw copy.stale;
  return copy;
}

function stateOf({ updatedAt, digest, origin, stale }: Copy, note?: string): DatabaseState {
  if (stale === undefined)
    return { state: 'ready', updatedAt, digest, origin, ...(note !== undefined && { note }) };
  const message = note === undefined ? stale.message : `${stale.message} ${note}`;
  return { state: 'stale', updatedAt, problem: { ...plain(stale), message } };
}

/** What each repository answered. */
function told(failures: readonly UserError[]): string {
  return failures
    .filter((error) => !(error instanceof Stale))
    .map(({ value, message }) => `${value ?? ''}: ${message}`)
    .join(' ');
}

function plain({ id, message, value, fix }: Problem): Problem {
  return { id, message, value, fix };
}
