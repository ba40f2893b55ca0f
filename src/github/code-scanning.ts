import { gzipSync } from 'node:zlib';
import type { Clock } from '../kit/clock.ts';
import { messageOf, UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { connect, type Connection, type GitHubAccess } from './connect.ts';
import { explain } from './failure.ts';

export interface SarifUpload {
  /** The text of the file, with a category in each run. */
  readonly sarif: string;
  /** Full hash of the commit that was looked at. */
  readonly commit: string;
  /** `refs/heads/...`, `refs/tags/...` or `refs/pull/.../merge`. */
  readonly ref: string;
}

export type Uploaded =
  | {
      readonly id: string;
      /** Where people see the alerts. */
      readonly url: string;
    }
  /** Why GitHub does not take it here, and the remedy, in words. */
  | { readonly refused: string };

const POLL_MS = 5_000;
const PATIENCE_MS = 120_000;

/**
 * Hands a SARIF file to GitHub's code scanning and waits up to two minutes until it is taken in
 * (https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data). That it is not allowed (a pull
 * request from a fork, no code scanning) is an answer, not an error.
 * @throws UserError `sarif-rejected`, `github-denied`, `github-limit` or `github-failed`
 */
export async function uploadSarif(
  access: GitHubAccess,
  { sarif, commit, ref }: SarifUpload,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<Uploaded> {
  const connection = connect(access, log);
  try {
    const { data } = await connection.octokit.rest.codeScanning.uploadSarif({
      ...connection.at,
      commit_sha: commit,
      ref,
      sarif: gzipSync(sarif).toString('base64'),
    });
    const id = data.id ?? '';
    if (!(await isTakenIn(connection, id, clock)))
      log.info(`GitHub has not finished with the results yet (${id}); nobody waits for it.`);
    return { id, url: alertsUrl(access.repository, ref) };
  } catch (error) {
    return { refused: refusal(error, access.repository) };
  }
}

/** @returns false when it takes longer than we wait @throws UserError `sarif-rejected` */
async function isTakenIn(connection: Connection, id: string, clock: Clock): Promise<boolean> {
  const deadline = clock.now() + PATIENCE_MS;
  for (;;) {
    const { status, errors } = await progressOf(connection, id);
    if (status === 'complete') return true;
    if (status === 'failed') throw rejected(errors.join('; '));
    if (clock.now() >= deadline) return false;
    await clock.sleep(POLL_MS);
  }
}

async function progressOf(
  { octokit, at }: Connection,
  id: string,
): Promise<{ readonly status: string; readonly errors: readonly string[] }> {
  try {
    const { data } = await octokit.rest.codeScanning.getSarif({ ...at, sarif_id: id });
    return { status: data.processing_status ?? 'pending', errors: data.errors ?? [] };
  } catch (error) {
    // What was received a moment ago is not everywhere yet.
    if ((error as { readonly status?: number }).status === 404)
      return { status: 'pending', errors: [] };
    throw error;
  }
}

/** The reason in words when GitHub does not allow it. @throws UserError for everything else */
function refusal(error: unknown, repository: string): string {
  if (error instanceof UserError) throw error;
  const { status } = error as { readonly status?: number };
  if (status === 400 || status === 413) throw rejected(messageOf(error));
  const problem = explain(error, repository, 'security-events: write');
  if (problem.id !== 'github-denied' || status === 401) throw problem;
  // Seen: "Advanced Security must be enabled for this repository to use code scanning.", "Code scanning is not enabled ..."
  const off = /(?:Advanced|Code) Security|not enabled|archived/i.test(messageOf(error));
  const remedy = off
    ? 'Turn on code scanning in the settings of the repository; a private one needs GitHub Code Security (Advanced Security).'
    : `${problem.fix} A pull request from a fork never gets it: its results are in the summary only.`;
  return `${problem.message} ${remedy}`;
}

function rejected(why: string): UserError {
  return new UserError({
    id: 'sarif-rejected',
    message: `GitHub's code scanning did not take the results: ${why || 'it gave no reason'}.`,
    fix: 'The summary has the findings. Run the job again; if it stays, report it with this message.',
  });
}

function alertsUrl(repository: string, ref: string): string {
  const pull = /^refs\/pull\/(\d+)\//.exec(ref)?.[1];
  const branch = /^refs\/heads\/(.+)/.exec(ref)?.[1];
  const where = pull ? ` pr:${pull}` : branch ? ` branch:${branch}` : '';
  const server = process.env.GITHUB_SERVER_URL ?? 'https://github.com';
  return `${server}/${repository}/security/code-scanning?query=${encodeURIComponent(`is:open${where}`)}`;
}
