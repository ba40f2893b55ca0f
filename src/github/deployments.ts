import type { Log } from '../kit/log.ts';
import { runUrl } from '../kit/run-url.ts';
import { connect, type Connection, type GitHubAccess } from './connect.ts';
import { explain } from './failure.ts';
import { type ReleasePayload, TASK } from './payload.ts';

/** What is deployed where. */
export interface DeploymentSubject extends GitHubAccess {
  /** The commit of the release: what is proven is proven for this one. */
  readonly commit: string;
  readonly environment: string;
  readonly payload: ReleasePayload;
  /** One line for people, cut at 140 characters. */
  readonly description?: string;
}

export type DeploymentState = 'queued' | 'in_progress' | 'success' | 'failure' | 'inactive';

export interface StatusDetails {
  /** What happened, in one sentence, cut at 140 characters. */
  readonly description?: string;
  /** Where users reach the environment. */
  readonly environmentUrl?: string | undefined;
  /** Where it can be read how it went; default: the run of this job. */
  readonly logUrl?: string | undefined;
}

/** Our own record of a deployment on GitHub. */
export interface Deployment {
  /** GitHub's number of it; undefined when it could not be written. */
  readonly id: number | undefined;
  /** Says how it stands. Never throws: what cannot be written is a warning. */
  status(state: DeploymentState, details?: StatusDetails): Promise<void>;
}

const LONGEST_DESCRIPTION = 140;

/**
 * Writes a deployment to GitHub (https://docs.github.com/en/rest/deployments). It is the record that a later promotion asks for, so it
 * is written truthfully: `success` only for a release that is served and proven. Nothing of it ever fails a release: what cannot be
 * written is a warning that says which permission to add.
 */
export async function openDeployment(subject: DeploymentSubject, log: Log): Promise<Deployment> {
  const { repository, commit, environment, payload, description } = subject;
  const connection = connect(subject, log);
  const id = await attempt('The deployment was not recorded', subject, log, async () => {
    const { data } = await connection.octokit.rest.repos.createDeployment({
      ...connection.at,
      ref: commit,
      task: TASK,
      environment,
      payload: { ...payload },
      ...(description !== undefined && { description: cut(description) }),
      // Our own run is pending, and would be waited for; and nothing is to be merged by deploying it.
      required_contexts: [],
      auto_merge: false,
    });
    if ('id' in data) return data.id;
    throw new Error(data.message ?? 'no deployment was made');
  });
  if (id !== undefined) log.info(`Deployment ${id} of ${repository} to ${environment}`);
  return {
    id,
    status: async (state, details = {}) => {
      if (id === undefined) return;
      await attempt(`The status ${state} of deployment ${id} was not recorded`, subject, log, () =>
        writeStatus(connection, id, state, details),
      );
    },
  };
}

async function writeStatus(
  { octokit, at }: Connection,
  id: number,
  state: DeploymentState,
  { description, environmentUrl, logUrl = runUrl(process.env) }: StatusDetails,
): Promise<void> {
  await octokit.rest.repos.createDeploymentStatus({
    ...at,
    deployment_id: id,
    state,
    ...(description !== undefined && { description: cut(description) }),
    ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
    ...(logUrl !== undefined && { log_url: logUrl }),
  });
}

async function attempt<T>(
  what: string,
  { repository }: GitHubAccess,
  log: Log,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { message, fix } = explain(error, repository, 'deployments: write');
    log.warning(`${what}: ${message} Without it a promotion cannot prove this release. ${fix}`);
    return undefined;
  }
}

function cut(text: string): string {
  return text.length > LONGEST_DESCRIPTION ? `${text.slice(0, LONGEST_DESCRIPTION - 1)}…` : text;
}
