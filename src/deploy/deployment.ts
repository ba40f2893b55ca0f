import type { Log } from '../kit/log.ts';
import { recordHash } from '../release/record.ts';
import type { DeploymentState } from '../github/deployments.ts';
import type { Ending } from './report.ts';
import type { ReleaseInputs } from './release-inputs.ts';

/** Who is told how a release goes. */
export interface Witness {
  say(state: DeploymentState, sentence?: string): void;
  /** Resolves when everything that was said has been written down. */
  done(): Promise<void>;
}

/** Nobody. */
export const noWitness: Witness = { say: () => undefined, done: () => Promise.resolve() };

/** GitHub's record of deployments, written beside the release: nothing waits for it but the end. */
export function gitHubWitness(inputs: ReleaseInputs, log: Log): Witness {
  const { github, found, subject, dryRun } = inputs;
  if (github === undefined || dryRun) return noWitness;
  const { record, version, settings } = subject;
  const opened = import('../github/deployments.ts').then(({ openDeployment }) =>
    openDeployment(
      {
        ...github,
        commit: record.commit,
        environment: settings.environment,
        description: version,
        payload: {
          slipway: 1,
          record: recordHash(found.bytes),
          release: record.id,
          version,
          artifact: found.artifact,
        },
      },
      log,
    ),
  );
  let last: Promise<unknown> = opened;
  return {
    say: (state, description) => {
      const details = {
        ...(description !== undefined && { description }),
        environmentUrl: settings.url,
      };
      last = last.then(async () => (await opened).status(state, details));
    },
    done: async () => {
      await last;
    },
  };
}

/** Only what is served and was proven, as far as a proof was asked for, is a success: a promotion relies on it. */
export function stateOf({ outcome, proven }: Ending): DeploymentState {
  return (outcome === 'deployed' || outcome === 'unchanged') && proven ? 'success' : 'failure';
}
