import type { Clock } from '../../kit/clock.ts';
import type { UserError } from '../../kit/errors.ts';
import { retry } from '../../kit/retry.ts';
import { formatSize } from '../../kit/size.ts';
import { type Descriptor, RegistryClient } from '../../registry/client.ts';
import { dockerCredentials } from '../../registry/credentials.ts';
import { formatReference, parseReference, registryOf } from '../../registry/reference.ts';
import { runTrivy, type TrivyContext } from '../trivy/run.ts';
import { failure, ofRegistry, ofTrivy } from './failure.ts';
import type { Kind } from './kinds.ts';

/** For a single question to a registry; what is asked for has some hundred bytes. */
const QUESTION_MS = 10_000;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 1_000;
/** Longer than any pause of the registry's client for itself: the registry has asked for it. */
const ASKED_FOR_MS = 5_000;

/** A database as a registry offers it. */
export interface Offer {
  readonly repository: string;
  readonly digest: string;
  /** Of the packed database, in bytes. */
  readonly size: number;
}

/**
 * Asks a registry what its database is now.
 * @param end when it must be known, in milliseconds since the epoch
 * @throws UserError `database-*`
 */
export async function lookUp(
  kind: Kind,
  repository: string,
  end: number,
  context: TrivyContext,
): Promise<Offer> {
  const { env, dockerConfig, plainHttp, ca, clock } = context;
  const login = dockerConfig === undefined ? env : { ...env, DOCKER_CONFIG: dockerConfig };
  const client = new RegistryClient({
    credentials: dockerCredentials(login),
    plainHttp,
    ca,
    clock: clockUntil(end, clock, kind, repository),
    timeoutMs: Math.max(1, Math.min(QUESTION_MS, end - clock.now())),
  });
  try {
    const found = await client.manifest(parseReference(repository));
    if (found === undefined)
      throw failure('database-missing', kind, repository, '404: no such repository or tag');
    const size = sizeOf(found.json.layers, kind, repository);
    return { repository, digest: found.descriptor.digest, size };
  } catch (error) {
    throw ofRegistry(error, kind, repository);
  }
}

/** How long the one layer is that a database is packed in. */
function sizeOf(layers: readonly Descriptor[] | undefined, kind: Kind, repository: string): number {
  const [layer, ...others] = layers ?? [];
  if (layer?.mediaType === kind.mediaType && others.length === 0) return layer.size;
  const types = layers?.map(({ mediaType }) => mediaType).join(', ') ?? 'index';
  throw failure('database-missing', kind, repository, `what is there is of type ${types}`);
}

/**
 * Lets Trivy fetch what was offered, again where that may help.
 * @param context its cacheDir is where the database goes
 * @throws UserError `database-*`
 */
export async function download(
  kind: Kind,
  { repository, digest, size }: Offer,
  end: number,
  context: TrivyContext,
): Promise<void> {
  const { plainHttp, clock, log } = context;
  const reference = parseReference(repository);
  // By digest: a newer one may come in between, and would be taken for this one.
  const exactly = formatReference({ ...reference, tag: undefined, digest });
  const insecure = plainHttp.includes(registryOf(repository)) ? ['--insecure'] : [];
  const args = ['image', kind.only, kind.from, exactly, ...insecure];
  log.info(`Fetching the ${kind.title} (${formatSize(size)}) from ${repository}`);
  await retry(
    async () => {
      const deadlineMs = end - clock.now();
      if (deadlineMs <= 0) throw failure('database-timeout', kind, repository);
      const { code, timedOut, lines } = await runTrivy(args, { deadlineMs }, context);
      for (const line of lines) log.foreign('trivy', line);
      if (timedOut) throw failure('database-timeout', kind, repository, 'the download hung or was too slow'); // prettier-ignore
      if (code !== 0) throw ofTrivy(lines, kind, repository);
    },
    {
      attempts: ATTEMPTS,
      pauseMs: FIRST_PAUSE_MS,
      retryable: (error) => PASSING.has((error as UserError).id) && clock.now() < end,
      onRetry: (error, pauseMs) => {
        log.info(`${(error as UserError).message} Again in ${pauseMs} ms.`);
      },
    },
    clock,
  );
}

/** What may be gone the next time. */
const PASSING: ReadonlySet<string> = new Set([
  'database-unreachable',
  'database-limit',
  'database-failed',
  'database-corrupt',
]);

/** A clock that does not sleep past the end: whoever waits is told why there is no use in it. */
function clockUntil(end: number, clock: Clock, kind: Kind, repository: string): Clock {
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => {
      if (clock.now() + ms <= end) return clock.sleep(ms, signal);
      const asked = ms > ASKED_FOR_MS;
      const why = asked ? `it asks to be left alone for ${Math.ceil(ms / 1000)} s` : undefined;
      return Promise.reject(
        failure(asked ? 'database-limit' : 'database-timeout', kind, repository, why),
      );
    },
  };
}
