import { z } from 'zod';

/** Marks the deployments that Slipway writes, apart from those that GitHub makes by itself for every job with an environment. */
export const TASK = 'slipway';

const payloadSchema = z.looseObject({
  slipway: z.literal(1),
  /** Hash of release.json. */
  record: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** Identifier of the release. */
  release: z.string().max(200),
  version: z.string().max(200),
  /** Where the record is published, `repository@sha256:...`; null when it is not. */
  artifact: z.string().max(500).nullable(),
});

/** What a deployment says of the release that it deployed. */
export type ReleasePayload = z.infer<typeof payloadSchema>;

/** Reads a deployment's payload, which GitHub gives back as an object or as text; undefined when it is none of ours. */
export function parsePayload(payload: unknown): ReleasePayload | undefined {
  let data = payload;
  try {
    if (typeof payload === 'string') data = JSON.parse(payload);
  } catch {
    return undefined;
  }
  return payloadSchema.safeParse(data).data;
}
