import type { Log } from '../kit/log.ts';
import { recordHash } from '../release/record.ts';
import { noWitness, type Witness } from './carry-out.ts';
import type { ReleaseInputs } from './release-inputs.ts';

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
