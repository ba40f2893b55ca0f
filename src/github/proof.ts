import type { Clock } from '../kit/clock.ts';
import { formatDuration } from '../kit/duration.ts';
import type { Log } from '../kit/log.ts';
import { connect, type Connection, type GitHubAccess } from './connect.ts';
import { explain } from './failure.ts';
import { parsePayload, type ReleasePayload, TASK } from './payload.ts';

/** What is asked for. */
export interface ProofQuestion extends GitHubAccess {
  readonly commit: string;
  readonly environment: string;
  /** Hash of the record that must have been proven; without one, the newest that was. */
  readonly hash?: string;
}

/** A deployment that was a success once. That a later one has taken its place since does not matter. */
export interface Proof {
  readonly deployment: number;
  readonly payload: ReleasePayload;
  /** When it was found to serve well. */
  readonly at: string;
}

/** What GitHub knows: a proof, or what is still under way, or why there is none. */
export interface Finding {
  readonly proof: Proof | undefined;
  /** In words, for a person; undefined when nothing is to be expected. */
  readonly pending: string | undefined;
  /** How deployments of this commit to the environment ended; empty when there was none. */
  readonly seen: readonly string[];
}

const POLL_MS = 10_000;
const UNDER_WAY: readonly string[] = ['queued', 'in_progress', 'pending', 'requested'];

/**
 * Looks once for a proof among Slipway's own deployments; GitHub's automatic ones prove nothing.
 * @throws UserError `github-denied`, `github-limit` or `github-failed`
 */
export async function proofOf(question: ProofQuestion, log: Log): Promise<Proof | undefined> {
  return (await lookUp(connect(question, log), question)).proof;
}

/**
 * The same, but a run in progress is waited for: a deployment that has no verdict yet, or another run of this commit that may still
 * deploy (a tag that is pushed together with its branch starts its run beside that of staging).
 * @param waitMs at most this long
 * @throws UserError `github-denied`, `github-limit` or `github-failed`
 */
export async function awaitProof(
  question: ProofQuestion,
  waitMs: number,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<Finding> {
  const connection = connect(question, log);
  const early = await lookUp(connection, question);
  if (early.proof !== undefined) return early;
  const runs = new OtherRuns(connection, question, log);
  const deadline = clock.now() + waitMs;
  let told: string | undefined;
  for (;;) {
    // Runs before deployments: one that ends in between has written its own by then.
    const running = await runs.pending();
    const found = await lookUp(connection, question);
    const pending = found.pending ?? (found.proof === undefined ? running : undefined);
    const left = deadline - clock.now();
    if (found.proof !== undefined || pending === undefined || left <= 0)
      return { ...found, pending };
    if (pending !== told) log.info(`Waiting up to ${formatDuration(left)} for ${pending}`);
    told = pending;
    await clock.sleep(Math.min(POLL_MS, left));
  }
}

async function lookUp({ octokit, at }: Connection, question: ProofQuestion): Promise<Finding> {
  const { commit, environment, hash, repository } = question;
  const seen: string[] = [];
  let pending: string | undefined;
  try {
    const pages = octokit.paginate.iterator(octokit.rest.repos.listDeployments, {
      ...at,
      sha: commit,
      task: TASK,
      environment,
      per_page: 100,
    });
    for await (const { data } of pages) {
      for (const deployment of data) {
        const payload = parsePayload(deployment.payload);
        const ours = deployment.task === TASK && deployment.sha === commit;
        if (!ours || deployment.environment !== environment || payload === undefined) continue;
        if (hash !== undefined && payload.record !== hash) {
          seen.push(`deployment ${deployment.id} was of another record`);
          continue;
        }
        const statuses = await octokit.paginate(octokit.rest.repos.listDeploymentStatuses, {
          ...at,
          deployment_id: deployment.id,
          per_page: 100,
        });
        const success = statuses.find(({ state }) => state === 'success');
        if (success !== undefined) {
          const proof = { deployment: deployment.id, payload, at: success.created_at };
          return { proof, pending: undefined, seen };
        }
        const state = statuses[0]?.state ?? 'pending';
        if (UNDER_WAY.includes(state))
          pending ??= `deployment ${deployment.id} to ${environment}, which is ${state}`;
        seen.push(`deployment ${deployment.id} is ${state}`);
      }
    }
  } catch (error) {
    throw explain(error, repository, 'deployments: read');
  }
  return { proof: undefined, pending, seen };
}

/** Other runs of the same commit; a token that may not see them sees none, which is said once. */
class OtherRuns {
  readonly #connection: Connection;
  readonly #question: ProofQuestion;
  readonly #log: Log;
  #blind = false;

  constructor(connection: Connection, question: ProofQuestion, log: Log) {
    this.#connection = connection;
    this.#question = question;
    this.#log = log;
  }

  async pending(): Promise<string | undefined> {
    if (this.#blind) return undefined;
    const { octokit, at } = this.#connection;
    const { commit, repository } = this.#question;
    try {
      const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({
        ...at,
        head_sha: commit,
        per_page: 100,
      });
      const other = data.workflow_runs.find(
        ({ id, status }) =>
          String(id) !== process.env.GITHUB_RUN_ID && UNDER_WAY.includes(status ?? ''),
      );
      return other && `run ${other.id} of this commit, which is ${other.status ?? 'pending'}`;
    } catch (error) {
      const { message, fix } = explain(error, repository, 'actions: read');
      this.#blind = true;
      this.#log.info(
        `Runs of this commit that have not begun to deploy are not waited for: ${message} ${fix}`,
      );
      return undefined;
    }
  }
}
