import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import type { Log } from '../kit/log.ts';

/** Which repository is spoken to, and as whom. */
export interface GitHubAccess {
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Default: GITHUB_API_URL, as the runner sets it. */
  readonly apiUrl?: string;
  /** What a second is when something is tried again; tests have shorter ones. */
  readonly secondMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const LONGEST_PAUSE_S = 60;
const MOST_RETRIES = 3;

/** Octokit for one repository: keeps to rate limits, tries again after 5xx, and gives no request longer than 30 seconds. */
export function connect(access: GitHubAccess, log: Log) {
  const limited = (
    seconds: number,
    _options: unknown,
    _octokit: unknown,
    count: number,
  ): boolean => {
    const again = seconds <= LONGEST_PAUSE_S && count < MOST_RETRIES;
    if (again) log.info(`GitHub's rate limit is reached: trying again in ${seconds} s`);
    return again;
  };
  const quiet = (): undefined => undefined;
  const { secondMs = 1_000 } = access;
  const [owner = '', repo = ''] = access.repository.split('/');
  const octokit = getOctokit(
    access.token,
    {
      ...(access.apiUrl !== undefined && { baseUrl: access.apiUrl }),
      retry: { retries: MOST_RETRIES, retryAfterBaseValue: secondMs },
      throttle: {
        onRateLimit: limited,
        onSecondaryRateLimit: limited,
        retryAfterBaseValue: secondMs,
      },
      // What went wrong is told by those who asked.
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    },
    withDeadline,
    retry,
    throttling,
  );
  return { octokit, at: { owner, repo } };
}

export type Connection = ReturnType<typeof connect>;

/** What getOctokit makes, before other plugins. */
type Octokit = Pick<ReturnType<typeof getOctokit>, 'hook'>;

/** A plugin that comes before those which try again, so that each attempt has a deadline of its own. */
function withDeadline(octokit: Octokit): void {
  octokit.hook.before('request', (options) => {
    options.request.signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  });
}
