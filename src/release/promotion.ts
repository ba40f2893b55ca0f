import type { Slipway } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { formatReference, parseReference, type Reference } from '../registry/reference.ts';
import { checkAccounted, checkRecord } from './collect.ts';
import { addTag, verifyImages } from './images.ts';
import type { ImageFacts } from './leg.ts';
import type { RecordFile } from './record.ts';
import type { RecordResult } from './recording.ts';
import {
  checkHash,
  fetchCommitRecord,
  fetchRecord,
  recordMissing,
  recordRepository,
} from './store.ts';

/** What somebody has vouched for: that this very record served well. */
interface Vouched {
  readonly hash: string;
  /** Where the record is published by digest, if it is. */
  readonly artifact: string | null;
  /** Who says so and since when, for a person. */
  readonly words: string;
}

/** The answer to the question whether a commit was proven: by what, or why not. */
export type Verdict =
  { readonly vouched: Vouched } | { readonly vouched?: never; readonly why: string };

export interface Promotion {
  readonly config: Slipway;
  readonly commit: string;
  /** The environment that must have proven it. */
  readonly requires: string;
  /** Asks whether it has. */
  readonly prove: () => Promise<Verdict>;
  /** The tag that the images get; none without it. */
  readonly version: string | undefined;
  readonly platforms: readonly string[];
  readonly allowUnproven: boolean;
  /** Images that a build says it made; usually none. */
  readonly images: Readonly<Record<string, ImageFacts>>;
  /** The record as a file of the workspace, where there is one: for records that are not published. */
  readonly local: () => RecordFile | undefined;
}

/** A record, and where it is published. */
interface Located {
  readonly file: RecordFile;
  readonly reference: Reference | undefined;
}

/**
 * Lets through exactly the record that was proven: it is fetched by digest and held against the hash that its deployment carries, so
 * tags that were deleted or overwritten in between change nothing.
 * @throws UserError `promotion-unproven`, or what record, images or registry are guilty of
 */
export async function promote(
  promotion: Promotion,
  { client, log }: { readonly client: RegistryClient; readonly log: Log },
): Promise<RecordResult> {
  const { config, commit, requires, version, platforms } = promotion;
  const verdict = await promotion.prove();
  const short = commit.slice(0, 7);
  if (verdict.vouched === undefined && !promotion.allowUnproven) {
    throw new UserError({
      id: 'promotion-unproven',
      message: `Commit ${short} is not promoted, since no deployment to ${requires} has proven it: ${verdict.why}.`,
      value: commit,
      fix: `Deploy this commit to ${requires} first (push its branch, or run that workflow again), then run this job again. In an emergency, allow-unproven: true promotes without a proof.`,
    });
  }
  const { file, reference } =
    verdict.vouched === undefined
      ? await unproven(promotion, client)
      : await proven(promotion, verdict.vouched, client);
  checkRecord(file.record, config, commit);
  checkAccounted(
    commit,
    file.record,
    promotion.images,
    reference ? formatReference(reference) : 'the file',
  );
  await verifyImages(client, file.record, platforms);
  const tagged = version === undefined ? '' : await nameIt(version, file, reference, client);
  const proof = verdict.vouched
    ? verdict.vouched.words
    : `without a proof on ${requires} (${verdict.why})`;
  const sentence = `Release ${file.record.id} is promoted, ${proof}${tagged}.`;
  if (verdict.vouched === undefined) log.warning(`NOT PROVEN: ${sentence}`);
  return {
    outcome: 'promoted',
    file,
    reference,
    sentence,
    unproven: verdict.vouched === undefined,
  };
}

async function proven(
  { config, local }: Promotion,
  { hash, artifact }: Vouched,
  client: RegistryClient,
): Promise<Located> {
  const reference = artifact === null ? undefined : placeOfProof(artifact, config);
  const stored = reference && (await fetchRecord(client, reference));
  if (stored !== undefined) {
    checkHash(stored, hash, formatReference(stored.reference));
    return { file: stored, reference: stored.reference };
  }
  const file = local();
  const place = artifact ?? hash;
  if (file === undefined) {
    recordMissing(
      place,
      artifact === null
        ? 'it was not published, and there is no file of it'
        : 'it is gone from the registry, and there is no file of it',
    );
  }
  checkHash(file, hash, 'the file of the record');
  return { file, reference: undefined };
}

/** A deployment's payload is somebody's word: it leads to no registry that slipway.yml does not know. */
function placeOfProof(artifact: string, config: Slipway): Reference {
  const reference = parseReference(artifact);
  const known = [config.record, ...Object.values(config.services).map(({ image }) => image)]
    .filter((name) => name !== undefined)
    .map((name) => parseReference(name).registry);
  if (reference.digest !== undefined && (known.length === 0 || known.includes(reference.registry)))
    return reference;
  throw new UserError({
    id: 'record-tampered',
    message:
      'The deployment that proves this commit names a record in a registry that slipway.yml does not.',
    value: artifact,
    fix: 'Find out who wrote that deployment; deploy the commit anew where it must be proven.',
  });
}

async function unproven(
  { config, commit, local }: Promotion,
  client: RegistryClient,
): Promise<Located> {
  const file = local();
  const place = recordRepository(config, file?.record.services);
  const stored = await fetchCommitRecord(client, place, commit);
  if (stored !== undefined) return { file: stored, reference: stored.reference };
  if (file === undefined)
    recordMissing(
      formatReference(place),
      `nothing is published for ${commit.slice(0, 7)}, and there is no file of it`,
    );
  return { file, reference: undefined };
}

/** Puts the version onto the images, and onto the record where that is published. */
async function nameIt(
  version: string,
  { record }: RecordFile,
  reference: Reference | undefined,
  client: RegistryClient,
): Promise<string> {
  const images = Object.values(record.services).map(({ image }) => ({
    ...parseReference(image),
    tag: undefined,
  }));
  await addTag(client, reference === undefined ? images : [...images, reference], version);
  return `, as ${version}`;
}
