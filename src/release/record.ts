import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';

const commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be a full commit hash');

const recordSchema = z.strictObject({
  schema: z.literal(1),
  id: z
    .string()
    .regex(
      /^\d{8}T\d{6}Z-[0-9a-f]{7,64}$/,
      'must be <UTC time>-<short commit>, e.g. 20261121T083500Z-1a2b3c4',
    ),
  app: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  commit,
  ref: z.string().max(1024),
  created: z.iso.datetime(),
  services: z.record(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
    z.strictObject({
      image: z
        .string()
        .regex(
          /^[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$/,
          'must be repository@sha256:<64 hex digits>',
        ),
      revision: commit,
    }),
  ),
});

/**
 * One release: what was built from one commit, by digest. `revision` is the commit that a service was built from, which is older
 * than `commit` where the service did not change.
 */
export type ReleaseRecord = z.infer<typeof recordSchema>;

/**
 * Reads release.json.
 * @throws UserError `release-missing` or `release-invalid`
 */
export function readRecord(file: string, workspace: string): ReleaseRecord {
  const path = insideWorkspace(file, workspace);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UserError({
      id: 'release-missing',
      message: 'The release record cannot be read.',
      value: file,
      fix: 'Let an earlier step write release.json, or download it as an artifact before this step.',
    });
  }
  return parseRecord(text, file);
}

/** The same from a text. */
export function parseRecord(text: string, file: string): ReleaseRecord {
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
  const result = recordSchema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError({
    id: 'release-invalid',
    message: `The release record does not fit: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`,
    value: file,
    fix: 'Write it again with the build; images must be digests, never tags.',
  });
}
