import { eventPayload } from '../kit/event-payload.ts';

/** What the run is about, as tag rules see it. */
export interface GitEvent {
  /** `push`, `pull_request`, `schedule`, ... */
  readonly name: string;
  /** `refs/heads/main`, `refs/tags/v1.2.0`, `refs/pull/7/merge`. */
  readonly ref: string;
  /** Branch that a pull request wants to go to, or from which a tag was pushed; undefined elsewhere. */
  readonly baseRef: string | undefined;
  readonly defaultBranch: string | undefined;
}

/** The parts of the webhook's payload that are read. Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
interface Payload {
  readonly number?: number;
  readonly base_ref?: string | null;
  readonly pull_request?: { readonly base?: { readonly ref?: string } };
  readonly repository?: { readonly default_branch?: string };
}

/** Reads the event out of the variables that a runner sets. */
export function gitEvent(env: NodeJS.ProcessEnv): GitEvent {
  // Without a payload the ref alone has to do.
  const payload = (eventPayload(env) ?? {}) as Payload;
  const name = env.GITHUB_EVENT_NAME ?? '';
  // This event's GITHUB_REF is the branch that is asked to take the change, not the change.
  const foreign = name === 'pull_request_target' && payload.number !== undefined;
  return {
    name,
    ref: foreign ? `refs/pull/${payload.number}/merge` : (env.GITHUB_REF ?? ''),
    baseRef:
      payload.pull_request?.base?.ref ??
      payload.base_ref?.replace(/^refs\/heads\//, '') ??
      undefined,
    defaultBranch: payload.repository?.default_branch,
  };
}
