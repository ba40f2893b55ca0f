import { messageOf, UserError } from '../kit/errors.ts';
import { safeLine } from '../kit/text.ts';

/** The parts of Octokit's RequestError that are read. */
interface Refused {
  readonly status?: number;
  readonly response?: { readonly headers?: Readonly<Record<string, string | number | undefined>> };
}

/**
 * What a failed request means, and what to do about it.
 * @param permission what the job's token needs, e.g. `deployments: write`
 */
export function explain(error: unknown, repository: string, permission: string): UserError {
  const { status, response } = error as Refused;
  const words = safeLine(messageOf(error)).slice(0, 300);
  if (isLimit(error)) {
    return new UserError({
      id: 'github-limit',
      message: `GitHub's rate limit is reached (${words}).`,
      value: repository,
      fix: 'Wait and run the job again; fewer jobs at once with the same token help.',
    });
  }
  if (status === 401) {
    return new UserError({
      id: 'github-denied',
      message: `GitHub does not accept the token (${words}).`,
      value: repository,
      fix: 'Leave out the input token, which is then the one of this job; or renew the one that is given.',
    });
  }
  // A private repository is "not found" for a token that may not see it.
  if (status === 403 || status === 404) {
    const needed = String(response?.headers?.['x-accepted-github-permissions'] ?? '');
    // The header says security_events where a workflow says security-events.
    const exact = /^\w+=(?:read|write)$/.test(needed)
      ? needed.replace('=', ': ').replaceAll('_', '-')
      : permission;
    return new UserError({
      id: 'github-denied',
      message: `The token may not do this (${words}).`,
      value: repository,
      fix: `Add "${exact}" under "permissions:" of the job; where a reusable workflow is called, in the job that calls it, too.`,
    });
  }
  return new UserError(
    {
      id: 'github-failed',
      message: `GitHub did not answer as it should (${status === undefined ? '' : `${status}: `}${words}).`,
      value: repository,
      fix: 'Look at https://www.githubstatus.com and run the job again.',
    },
    { cause: error },
  );
}

function isLimit(error: unknown): boolean {
  const { status, response } = error as Refused;
  return (
    status === 429 ||
    (status === 403 &&
      (String(response?.headers?.['x-ratelimit-remaining']) === '0' ||
        /rate limit/i.test(messageOf(error))))
  );
}
