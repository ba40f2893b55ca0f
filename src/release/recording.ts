import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { plural } from '../kit/text.ts';
import type { RegistryClient } from '../registry/client.ts';
import { formatReference, type Reference } from '../registry/reference.ts';
import { checkAccounted, checkRecord, makeRecord, type Parts } from './collect.ts';
import { verifyImages } from './images.ts';
import { formatRecord, type RecordFile } from './record.ts';
import { checkScanned, publishScan, type ScanFile, scanPlace } from './scan.ts';
import { fetchCommitRecord, publishRecord, recordRepository, type StoredRecord } from './store.ts';

/** What a build hands over: what was built now, and what was taken over. */
export interface Recording extends Omit<Parts, 'scan'> {
  /** What every image must run on. */
  readonly platforms: readonly string[];
  readonly publish: boolean;
  /** What a scan of the images found; undefined where none was made. */
  readonly scan: ScanFile | undefined;
}

/** A record, and how it was come by. */
export interface RecordResult {
  readonly outcome: 'recorded' | 'found' | 'promoted';
  readonly file: RecordFile;
  /** Where it is published, by digest. */
  readonly reference: Reference | undefined;
  /** What happened, for a person; harmless in a log, not yet Markdown. */
  readonly sentence: string;
  /** Promoted without a proof. */
  readonly unproven: boolean;
}

/**
 * Makes the one record of a commit. If it is published already it is taken byte for byte, so that every run of a commit releases the
 * same; images that it does not account for are refused.
 * @throws UserError what record, images or registry are guilty of
 */
export async function recordRelease(
  recording: Recording,
  { client, log }: { readonly client: RegistryClient; readonly log: Log },
): Promise<RecordResult> {
  const { config, commit, images, platforms, publish } = recording;
  const place = publish ? recordRepository(config, images) : undefined;
  const stored = place && (await published(client, place, commit, log));
  const run = publish ? recording.run : undefined;
  const scan = place && recording.scan && formatReference(scanPlace(place, recording.scan));
  const record = stored?.record ?? makeRecord({ ...recording, run, scan });
  if (stored !== undefined)
    checkAccounted(commit, record, images, formatReference(stored.reference));
  checkRecord(record, config, commit);
  if (recording.scan !== undefined) checkScanned(recording.scan, record);
  if (stored === undefined && place !== undefined) await checkTakenOver(recording, client, place);
  await verifyImages(client, record, platforms);
  const what = `${plural(Object.keys(record.services).length, 'service')} of ${commit.slice(0, 7)}`;
  if (stored !== undefined) {
    return {
      outcome: 'found',
      file: stored,
      reference: stored.reference,
      sentence: `The release of ${what} was recorded before, as ${record.id}; its record is taken as it is.`,
      unproven: false,
    };
  }
  const file = { bytes: formatRecord(record), record };
  if (place && recording.scan) await publishScan(client, place, recording.scan);
  const reference = place && (await publishRecord(client, place, file));
  return {
    outcome: 'recorded',
    file,
    reference,
    sentence: `The release of ${what} is recorded as ${record.id}${reference ? '' : ', in the file alone'}.`,
    unproven: false,
  };
}

/**
 * The record that this commit has already. Some registries (ghcr.io) deny what is not there yet; then the push that follows tells
 * whether we are really locked out.
 */
async function published(
  client: RegistryClient,
  place: Reference,
  commit: string,
  log: Log,
): Promise<StoredRecord | undefined> {
  try {
    return await fetchCommitRecord(client, place, commit);
  } catch (error) {
    if (!(error instanceof UserError) || error.id !== 'registry-denied') throw error;
    log.info(`No record can be read at ${formatReference(place)}, so this is taken for the first.`);
    return undefined;
  }
}

/**
 * What was not built for this commit must stand in the record of the commit that it was built for.
 * @throws UserError `digest-unrecorded`
 */
async function checkTakenOver(
  { commit, images }: Recording,
  client: RegistryClient,
  place: Reference,
): Promise<void> {
  const revisions = new Set(Object.values(images).map(({ revision }) => revision));
  revisions.delete(commit);
  await Promise.all(
    Array.from(revisions, async (revision) => {
      const source = await fetchCommitRecord(client, place, revision);
      const taken = Object.entries(images).filter(([, facts]) => facts.revision === revision);
      checkAccounted(revision, source?.record, Object.fromEntries(taken), formatReference(place));
    }),
  );
}
