import { z } from 'zod';
import { eventPayload } from '../kit/event-payload.ts';

const commit = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
// What does not fit is as good as absent: any commit with a record will do as the base.
const payloadSchema = z.object({
  before: commit.optional().catch(undefined),
  pull_request: z
    .object({ base: z.object({ sha: commit }) })
    .optional()
    .catch(undefined),
  merge_group: z.object({ base_sha: commit }).optional().catch(undefined),
  repository: z
    .object({ default_branch: z.string().regex(/^[^\s~^:?*[\\\p{Cc}-][^\s~^:?*[\\\p{Cc}]*$/u) })
    .optional()
    .catch(undefined),
});

/** What happened, as far as it says what to compare with. */
export type Event =
  /** A branch was moved; `before` is missing when it is new. */
  | {
      readonly kind: 'push';
      readonly before: string | undefined;
      readonly defaultBranch: string | undefined;
    }
  /** Changes on their way into a branch, which was at `onto`. */
  | { readonly kind: 'merge'; readonly onto: string }
  /** A tag, a schedule, a dispatch: the commit itself counts, whatever came before. */
  | { readonly kind: 'other' };

/**
 * The event of this run, from its payload; where there is none, it is `other`.
 * Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
 */
export function readEvent(env: NodeJS.ProcessEnv): Event {
  return eventOf(env.GITHUB_EVENT_NAME ?? '', env.GITHUB_REF ?? '', eventPayload(env));
}

/** The same from what the files hold. */
export function eventOf(name: string, ref: string, json: unknown): Event {
  const { data } = payloadSchema.safeParse(json);
  const onto = data?.pull_request?.base.sha ?? data?.merge_group?.base_sha;
  if (onto !== undefined) return { kind: 'merge', onto };
  if (name !== 'push' || !ref.startsWith('refs/heads/')) return { kind: 'other' };
  const before = data?.before;
  return {
    kind: 'push',
    before: before === undefined || /^0+$/.test(before) ? undefined : before,
    defaultBranch: data?.repository?.default_branch,
  };
}
