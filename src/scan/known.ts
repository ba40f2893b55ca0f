import { findBase, type Search } from '../detect/base.ts';
import { describe, UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { fetchScan } from '../release/scan.ts';
import type { KnownFindings } from './policy/gate.ts';
import { knownFrom } from './report/scan-file.ts';

/**
 * What the last release was known to have: the result of its scan, which its record names. Where there is none everything is new,
 * which can only fail more.
 * @throws UserError `base-missing` for a named commit that does not exist
 */
export async function knownFindings(
  search: Search,
  client: RegistryClient,
  log: Log,
): Promise<KnownFindings | undefined> {
  const base = await findBase(search);
  if (base === undefined) {
    log.notice('No release record was found before this commit: everything that is found is new.');
    return undefined;
  }
  const short = base.commit.slice(0, 7);
  const place = base.record.scan;
  const bytes = place === undefined ? undefined : await read(place, client, log);
  if (place === undefined || bytes === undefined) {
    log.notice(
      `The release of ${short} has no scan that can be read: everything that is found is new.`,
    );
    return undefined;
  }
  log.info(`Compared with the release of ${short}: ${place}`);
  return knownFrom(bytes.toString('utf8'), place);
}

async function read(place: string, client: RegistryClient, log: Log): Promise<Buffer | undefined> {
  try {
    return await fetchScan(client, place);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log.warning(describe(error));
    return undefined;
  }
}
