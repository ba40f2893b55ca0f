import { carryOut, noWitness } from './carry-out.ts';
import type { Context } from './host-release.ts';
import type { HostInputs } from './inputs.ts';
import { prepareRollback, type Wanted } from './rollback.ts';

/** Puts an earlier release back on every host and reports. */
export async function runRollback(
  inputs: HostInputs,
  wanted: Wanted,
  context: Context,
): Promise<void> {
  const { settings, pullLogin } = inputs;
  await carryOut(inputs, context, {
    what: `Going back to ${wanted.release ?? wanted.version ?? 'the last good release'}`,
    dryRun: false,
    proof: undefined,
    begin: () => Promise.resolve(noWitness),
    prepareOne: (session, onCurrent) =>
      prepareRollback(settings, wanted, pullLogin, session, context, onCurrent),
  });
}
