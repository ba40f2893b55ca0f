import { normalize } from 'node:path/posix';
import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { connect, type GitHubAccess } from './connect.ts';
import { explain } from './failure.ts';

/**
 * The text of a file of the repository as it is at another ref than the one that is checked out, up to 1 MB
 * (https://docs.github.com/en/rest/repos/contents#get-repository-content).
 * @param path from the root of the repository
 * @param ref a branch, tag or commit
 * @returns undefined where there is no such file; GitHub says the same of a private repository that the token may not read
 * @throws UserError `github-ref-missing`, `github-no-file`, `github-denied`, `github-limit` or `github-failed`
 */
export async function fileAt(
  access: GitHubAccess,
  path: string,
  ref: string,
  log: Log,
): Promise<string | undefined> {
  const { octokit, at } = connect(access, log);
  const value = `${access.repository}/${path}@${ref}`;
  let data: unknown;
  try {
    ({ data } = await octokit.rest.repos.getContent({ ...at, path: normalize(path), ref }));
  } catch (error) {
    const { status, message = '' } = error as { status?: number; message?: string };
    if (status !== 404) throw explain(error, access.repository, 'contents: read');
    if (!message.startsWith('No commit found')) return undefined;
    throw new UserError({
      id: 'github-ref-missing',
      message: 'The repository has no such branch, tag or commit.',
      value,
      fix: 'Check that the branch still exists, then run the job again.',
    });
  }
  const { type, encoding, content } = data as Readonly<Record<string, unknown>>;
  if (type !== 'file' || encoding !== 'base64' || typeof content !== 'string') {
    throw new UserError({
      id: 'github-no-file',
      message: 'What is there is not a file of at most 1 MB.',
      value,
      fix: 'Name a file, not a folder.',
    });
  }
  return Buffer.from(content, 'base64').toString('utf8');
}
