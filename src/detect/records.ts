import type { Slipway } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { formatReference, parseReference } from '../registry/reference.ts';
import type { ReleaseRecord } from '../release/record.ts';
import { fetchCommitRecord, recordRepository } from '../release/store.ts';
import type { Service } from './services.ts';

/** What a registry knows of earlier builds. */
export interface Records {
  /** The record of a commit, if there is one. */
  of(commit: string): Promise<ReleaseRecord | undefined>;
  /** Whether an image is still there. */
  has(image: string): Promise<boolean>;
}

/**
 * The records of these services. Where the registry gives no answer (a first build, a pull request from a fork, an outage) there is
 * none, which means building more than needed, never less; the reason is a warning, once.
 */
export function registryRecords(
  client: RegistryClient,
  log: Log,
  repository: string,
): (config: Slipway | undefined, services: readonly Pick<Service, 'name' | 'image'>[]) => Records {
  let refused = false;
  const ask = async <T>(question: () => Promise<T>): Promise<T | undefined> => {
    if (refused) return undefined;
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.id !== 'record-tampered') refused = true;
      const value = error.value === undefined ? '' : ` (${error.value})`;
      log.warning(
        `The record of an earlier build cannot be read: ${error.message}${value} [${error.id}] ${error.fix}`,
      );
      return undefined;
    }
  };
  return (config, services) => {
    const app = repository.split('/').pop()?.toLowerCase() ?? '';
    const place = recordRepository(
      config ?? { app, record: undefined, services: {} },
      Object.fromEntries(services.map((service) => [service.name, service])),
    );
    log.info(`Records of earlier builds: ${formatReference(place)}`);
    return {
      of: (commit) => ask(async () => (await fetchCommitRecord(client, place, commit))?.record),
      has: async (image) => (await ask(() => client.resolve(parseReference(image)))) !== undefined,
    };
  };
}
