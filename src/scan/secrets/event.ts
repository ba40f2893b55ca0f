import { z } from 'zod';
import { eventPayload } from '../../kit/event-payload.ts';

const commit = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
const count = z.number().int().min(0).optional().catch(undefined);

// Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
const pullSchema = z.object({
  pull_request: z.object({
    base: z.object({ sha: commit }),
    head: z.object({ sha: commit }),
    commits: count,
  }),
});
const groupSchema = z.object({ merge_group: z.object({ base_sha: commit, head_sha: commit }) });
const pushSchema = z.object({
  ref: z.string(),
  before: commit,
  after: commit,
  forced: z.boolean().optional().catch(undefined),
  // GitHub lists at most 2,048.
  commits: z.array(z.unknown()).optional().catch(undefined),
  repository: z
    .object({ default_branch: z.string().regex(/^[^\s~^:?*[\\\p{Cc}-][^\s~^:?*[\\\p{Cc}]*$/u) })
    .optional()
    .catch(undefined),
});

/** What happened, as far as it says which commits are new. */
export type ScanEvent =
  /** Changes on their way into a branch: a pull request, or a group in the merge queue. */
  | {
      readonly kind: 'change';
      readonly what: 'pull request' | 'merge group';
      readonly base: string;
      readonly head: string;
      /** How many commits there are, where GitHub says so. */
      readonly count: number | undefined;
    }
  | {
      readonly kind: 'branch';
      /** Undefined when the branch is new. */
      readonly before: string | undefined;
      /** Undefined when the branch was deleted. */
      readonly after: string | undefined;
      /** `before` is no ancestor of `after`. */
      readonly forced: boolean;
      readonly count: number | undefined;
      /** The default branch, where that is another one. */
      readonly defaultBranch: string | undefined;
    }
  | { readonly kind: 'tag'; readonly after: string | undefined }
  /** A schedule, a dispatch, anything else: it says nothing of commits. */
  | { readonly kind: 'other' };

/** The event of this run, from its payload; one whose payload does not fit is `other`. */
export function readEvent(env: NodeJS.ProcessEnv): ScanEvent {
  return eventOf(env.GITHUB_EVENT_NAME ?? '', eventPayload(env));
}

/** The same from what the files hold. */
export function eventOf(name: string, json: unknown): ScanEvent {
  switch (name) {
    case 'pull_request':
    case 'pull_request_target': {
      const pull = pullSchema.safeParse(json).data?.pull_request;
      if (pull === undefined) break;
      const { base, head, commits } = pull;
      return {
        kind: 'change',
        what: 'pull request',
        base: base.sha,
        head: head.sha,
        count: commits,
      };
    }
    case 'merge_group': {
      const group = groupSchema.safeParse(json).data?.merge_group;
      if (group === undefined) break;
      const { base_sha: base, head_sha: head } = group;
      return { kind: 'change', what: 'merge group', base, head, count: undefined };
    }
    case 'push': {
      const { data } = pushSchema.safeParse(json);
      if (data !== undefined) return pushed(data);
    }
  }
  return { kind: 'other' };
}

function pushed(push: z.infer<typeof pushSchema>): ScanEvent {
  const after = existing(push.after);
  if (push.ref.startsWith('refs/tags/')) return { kind: 'tag', after };
  const main = push.repository?.default_branch;
  return {
    kind: 'branch',
    before: existing(push.before),
    after,
    forced: push.forced ?? false,
    count: push.commits?.length,
    defaultBranch: push.ref === `refs/heads/${main}` ? undefined : main,
  };
}

/** Zeros stand for a commit that does not exist. */
function existing(hash: string): string | undefined {
  return /^0+$/.test(hash) ? undefined : hash;
}
