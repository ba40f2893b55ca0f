import { existsSync } from 'node:fs';
import type { EnvironmentSettings } from '../config/read.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import { RegistryClient, type RegistryOptions } from '../registry/client.ts';
import { formatReference, parseReference } from '../registry/reference.ts';
import { type RecordFile, readRecordFile } from '../release/record.ts';
import {
  fetchCommitRecord,
  fetchRecord,
  placeOf,
  recordMissing,
  recordRepository,
} from '../release/store.ts';

export interface FoundRecord extends RecordFile {
  /** Where it is published, or would be, by digest. */
  readonly artifact: string;
  /** The version that it was found by. */
  readonly version: string | undefined;
}

/**
 * The record that an input names: a file of the workspace; else the full commit, or the version, whose record was published.
 * @throws UserError `release-missing`, `release-invalid`, `record-missing`, `record-tampered`, or what the registry is guilty of
 */
export async function findRecord(
  given: string,
  settings: EnvironmentSettings,
  workspace: string,
  registry: RegistryOptions,
  allowTags: boolean,
): Promise<FoundRecord> {
  if (isFile(given, workspace)) {
    const file = readRecordFile(given, workspace, allowTags);
    const place = placeOf(recordRepository(settings, file.record.services), file);
    return { ...file, artifact: formatReference(place), version: undefined };
  }
  const repository = recordRepository(settings);
  const client = new RegistryClient(registry);
  const isCommit = /^[0-9a-f]{40}$/.test(given);
  const stored = isCommit
    ? await fetchCommitRecord(client, repository, given)
    : await fetchRecord(client, parseReference(`${formatReference(repository)}:${given}`));
  if (stored === undefined)
    return recordMissing(given, `${formatReference(repository)} has none of that name`);
  return {
    ...stored,
    artifact: formatReference(stored.reference),
    version: isCommit ? undefined : given,
  };
}

/** What looks like a file is one, so that a typing error is not looked for in a registry. */
function isFile(given: string, workspace: string): boolean {
  const looksSo = given.endsWith('.json') || given.includes('/');
  return looksSo || existsSync(insideWorkspace(given, workspace));
}
