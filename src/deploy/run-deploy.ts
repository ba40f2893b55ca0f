import { carryOut, type Proof } from './carry-out.ts';
import { gitHubWitness } from './deployment.ts';
import { checkEnvironment } from './env.ts';
import { passGate } from './gate.ts';
import type { Context } from './host-release.ts';
import { prepare } from './prepare.ts';
import type { ReleaseInputs } from './release-inputs.ts';

/** Deploys a release to every host and reports; with a proof, every host holds its switch open until it has spoken. */
export async function runDeploy(
  inputs: ReleaseInputs,
  context: Context,
  proof?: Proof,
): Promise<void> {
  const { subject, dryRun } = inputs;
  await carryOut(inputs, context, {
    what: subject.version,
    dryRun,
    proof,
    begin: async () => {
      checkEnvironment(inputs.environment, context.log);
      await passGate(inputs, context.log);
      return gitHubWitness(inputs, context.log);
    },
    prepareOne: (session, onCurrent) => prepare(subject, session, context, onCurrent),
  });
}
