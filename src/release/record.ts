import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import { digestOf } from '../registry/digest.ts';

const commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be a full commit hash');

/** What is known of one image of a release, wherever it is written down: its leg of the build, or the record. */
export const imageFacts = {
  image: z
    .string()
    .regex(
      /^[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$/,
      'must be repository@sha256:<64 hex digits>',
    )
    .describe('The image by digest.'),
  revision: commit.describe(
    'The commit that the image was built from; older than that of the release where the service did not change.',
  ),
  platforms: z
    .array(z.string().regex(/^[a-z0-9]+(\/[a-z0-9]+){1,2}$/, 'must be os/architecture'))
    .optional()
    .describe('What the image runs on, for example linux/amd64.'),
  attestations: z
    .array(z.string().regex(/^[a-z0-9-]{1,64}$/))
    .optional()
    .describe('What the build attached to the image, for example provenance and sbom.'),
};

export const serviceName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);

/** release.json. The JSON Schema in schema/ is generated from this. */
export const recordSchema = z.strictObject({
  schema: z.literal(1).describe('Version of this format.'),
  id: z
    .string()
    .regex(
      /^\d{8}T\d{6}Z-[0-9a-f]{7,64}$/,
      'must be <UTC time>-<short commit>, e.g. 20261121T083500Z-1a2b3c4',
    )
    .describe('Name of the release: the UTC time of its commit, and the short commit.'),
  app: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/)
    .describe('Name of the system, as in slipway.yml.'),
  commit: commit.describe('The commit that was released.'),
  ref: z.string().max(1024).describe('The branch or tag that it was built for.'),
  created: z.iso.datetime().describe('When the commit was made, UTC.'),
  run: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The run that built it first.'),
  scan: imageFacts.image.optional().describe('What a scan of these images found, by digest.'),
  services: z
    .record(serviceName, z.strictObject(imageFacts))
    .describe('Every service of the release; its image and where that came from.'),
});

/**
 * One release: what was built from one commit, by digest. `revision` is the commit that a service was built from, which is older
 * than `commit` where the service did not change.
 */
export type ReleaseRecord = z.infer<typeof recordSchema>;

/** A record together with the bytes that it was read from, which its hash is made of. */
export interface RecordFile {
  readonly bytes: Buffer;
  readonly record: ReleaseRecord;
}

/** The name by which a deployment vouches for a record: the digest of exactly the file's bytes. */
export function recordHash(bytes: Buffer): string {
  return digestOf(bytes);
}

/** The name of the release of a commit; a second run of the same commit gives the same. @param created the commit's time */
export function recordId(commitHash: string, created: Date): string {
  return `${isoTime(created).replaceAll(/[-:]/g, '')}-${commitHash.slice(0, 7)}`;
}

/** A time in UTC, to the second. */
export function isoTime(time: Date): string {
  return time.toISOString().replace(/\.\d+/, '');
}

/** The one way to write a record down: the same facts are the same bytes. */
export function formatRecord(record: ReleaseRecord): Buffer {
  const { schema, id, app, commit: hash, ref, created, run, scan, services } = record;
  const ordered = {
    ...{ schema, id, app, commit: hash, ref, created, run, scan },
    services: Object.fromEntries(
      Object.entries(services)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, { image, revision, platforms, attestations }]) => [
          name,
          { image, revision, platforms, attestations },
        ]),
    ),
  };
  return Buffer.from(`${JSON.stringify(ordered, null, 2)}\n`);
}

/** The same with images by tag: for who has asked for it. A tag may be another image by the time it is pulled. */
const taggedSchema = recordSchema.extend({
  services: z.record(
    serviceName,
    z.strictObject({ ...imageFacts, image: z.string().regex(/^[a-z0-9][a-zA-Z0-9._:/@-]*$/) }),
  ),
});

/**
 * Reads release.json.
 * @throws UserError `release-missing` or `release-invalid`
 */
export function readRecord(file: string, workspace: string): ReleaseRecord {
  return readRecordFile(file, workspace).record;
}

/** The same with its bytes. */
export function readRecordFile(file: string, workspace: string, allowTags = false): RecordFile {
  const path = insideWorkspace(file, workspace);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new UserError({
      id: 'release-missing',
      message: 'The release record cannot be read.',
      value: file,
      fix: 'Let an earlier step write release.json, or download it as an artifact before this step.',
    });
  }
  return { bytes, record: parseRecord(bytes.toString('utf8'), file, allowTags) };
}

/** The same from a text. */
export function parseRecord(text: string, file: string, allowTags = false): ReleaseRecord {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      {
        id: 'release-invalid',
        message: 'The release record is not JSON.',
        value: file,
        fix: 'Write it again with the build.',
      },
      { cause: error },
    );
  }
  const result = (allowTags ? taggedSchema : recordSchema).safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError({
    id: 'release-invalid',
    message: `The release record does not fit: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`,
    value: file,
    fix: 'Write it again with the build; images must be digests, never tags (or, where that is meant, allow-tags: true).',
  });
}
