import type { Slipway } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import { formatReference, parseReference } from '../registry/reference.ts';
import type { ImageFacts, Leg } from './leg.ts';
import { isoTime, recordId, type ReleaseRecord } from './record.ts';

/** What a record is made of. */
export interface Parts {
  readonly config: Slipway;
  readonly commit: string;
  /** When the commit was made. */
  readonly created: Date;
  readonly ref: string;
  /** The run that builds it, where the record is published: a second run takes that one. */
  readonly run: string | undefined;
  /** Where the result of their scan is published. */
  readonly scan: string | undefined;
  readonly images: Readonly<Record<string, ImageFacts>>;
}

/**
 * The images of a release by service: what was built now, and what was taken over.
 * @throws UserError `leg-duplicate`
 */
export function imagesOf(
  legs: readonly Leg[],
  unchanged: Readonly<Record<string, ImageFacts>>,
): Record<string, ImageFacts> {
  const images = new Map(Object.entries(unchanged));
  for (const { schema, service, ...facts } of legs) {
    const other = images.get(service);
    if (other !== undefined && other.image !== facts.image) {
      throw new UserError({
        id: 'leg-duplicate',
        message: `Two images are said to be that of ${service}: ${other.image} and ${facts.image}.`,
        value: service,
        fix: 'Build each service once, in one leg of the matrix, and start from an empty folder.',
      });
    }
    images.set(service, facts);
  }
  return Object.fromEntries(images);
}

/** The record of a commit that has none yet. */
export function makeRecord({
  config,
  commit,
  created,
  ref,
  run,
  scan,
  images,
}: Parts): ReleaseRecord {
  return {
    schema: 1,
    id: recordId(commit, created),
    app: config.app,
    commit,
    ref,
    created: isoTime(created),
    ...(run !== undefined && { run }),
    ...(scan !== undefined && { scan }),
    services: { ...images },
  };
}

/**
 * Whether a record is one of this system, of this commit, and whole.
 * @throws UserError `release-foreign`, `record-incomplete` or `image-foreign`
 */
export function checkRecord(record: ReleaseRecord, config: Slipway, commit: string): void {
  if (record.app !== config.app || record.commit !== commit) {
    throw new UserError({
      id: 'release-foreign',
      message: `The release record belongs to another app or commit than ${config.app} ${commit.slice(0, 7)}.`,
      value: `${record.app} ${record.commit}`,
      fix: 'Take the record that the build of this commit wrote, and check out the commit that is released.',
    });
  }
  const known = Object.entries(config.services);
  const missing = known
    .filter(([, { image, context }]) => image !== undefined || context !== undefined)
    .map(([name]) => name)
    .filter((name) => !Object.hasOwn(record.services, name));
  if (missing.length > 0 || Object.keys(record.services).length === 0) {
    throw new UserError({
      id: 'record-incomplete',
      message: `The record has no image of ${missing.join(', ') || 'any service'}.`,
      value: missing.join(', '),
      fix: 'Collect every leg of the build (download-artifact with pattern: leg-*), and give the output unchanged of detect for services that were not built.',
    });
  }
  for (const [name, { image }] of Object.entries(record.services)) {
    const wanted = known.find(([service]) => service === name)?.[1].image;
    if (known.length > 0 && !Object.hasOwn(config.services, name))
      throw foreign(name, image, `slipway.yml has no service ${name}`);
    if (wanted !== undefined && repositoryOf(image) !== repositoryOf(wanted))
      throw foreign(name, image, `slipway.yml says ${wanted}`);
  }
}

/**
 * Whether the record of a commit accounts for images that are said to have been built from it.
 * @param record undefined where the commit has none
 * @param place where its records are kept
 * @throws UserError `digest-unrecorded`
 */
export function checkAccounted(
  commit: string,
  record: ReleaseRecord | undefined,
  images: Readonly<Record<string, ImageFacts>>,
  place: string,
): void {
  const services = record?.services ?? {};
  for (const [name, { image }] of Object.entries(images)) {
    const recorded = Object.hasOwn(services, name) ? services[name]?.image : undefined;
    if (recorded === image) continue;
    const short = commit.slice(0, 7);
    throw new UserError({
      id: 'digest-unrecorded',
      message: `No record accounts for this image of ${name}: ${record ? `that of ${short} has ${recorded ?? 'none'}` : `${short} has no record`}.`,
      value: image,
      fix: `Take the recorded image, or make a new commit and build ${name} for it (detect without changed-only). A record in ${place} from which nothing was released may be deleted and written anew.`,
    });
  }
}

function foreign(service: string, image: string, why: string): UserError {
  return new UserError({
    id: 'image-foreign',
    message: `The image of ${service} comes from elsewhere: ${why}.`,
    value: image,
    fix: `Build it under the name that slipway.yml gives it, or correct services.${service}.image there.`,
  });
}

function repositoryOf(image: string): string {
  return formatReference({ ...parseReference(image), tag: undefined, digest: undefined });
}
