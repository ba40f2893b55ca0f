import * as core from '@actions/core';
import type { HostSession } from '../host/session.ts';
import type { Served } from '../host/transaction.ts';
import { announce, type ReleaseResult, release, type Verdict } from './deploy.ts';
import type { Context, Prepared } from './host-release.ts';
import { withHosts } from './hosts.ts';
import type { HostInputs } from './inputs.ts';
import { prepare } from './prepare.ts';
import { type Ending, type Report, reportDryRun, reportError, reportResult } from './report.ts';
import type { ReleaseInputs } from './release-inputs.ts';
import { gitHubWitness, noWitness, stateOf, type Witness } from './deployment.ts';
import { passGate } from './gate.ts';
import { prepareRollback, type Wanted } from './rollback.ts';

/** A way to prove a release while its switch is still open, and what it has to say in the summary. */
export interface Proof {
  prove(): Promise<Verdict>;
  summary(): readonly string[];
}

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
      await passGate(inputs, context.log);
      return gitHubWitness(inputs, context.log);
    },
    prepareOne: (session, onCurrent) => prepare(subject, session, context, onCurrent),
  });
}

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

/** What tells one way of releasing from another. */
interface Way {
  /** The release in people's words. */
  readonly what: string;
  readonly dryRun: boolean;
  readonly proof: Proof | undefined;
  /** Before any host is asked: refuses what may not be released, and says who is to be told of the rest. */
  readonly begin: () => Promise<Witness>;
  readonly prepareOne: (
    session: HostSession,
    onCurrent: (current: Served | undefined) => void,
  ) => Promise<Prepared>;
}

async function carryOut(
  inputs: HostInputs,
  context: Context,
  { what, dryRun, proof, begin, prepareOne }: Way,
): Promise<void> {
  const { clock, log } = context;
  const startedMs = clock.now();
  const { environment } = inputs.settings;
  const report = (): Report => ({
    what,
    environment,
    startedMs,
    endedMs: clock.now(),
    more: proof?.summary() ?? [],
  });
  let current: Served | null | undefined;
  let witness = noWitness;
  let ending: Ending | undefined;
  try {
    witness = await begin();
    witness.say('queued');
    const result = await withHosts(
      inputs,
      context,
      async (sessions): Promise<ReleaseResult | undefined> => {
        const prepared = await log.group(`Prepare ${what} for ${environment}`, () =>
          Promise.all(
            sessions.map((session) => prepareOne(session, (served) => (current = served ?? null))),
          ),
        );
        for (const one of prepared) announce(one, log);
        core.setOutput('release', prepared[0]?.release ?? '');
        if (dryRun) {
          await reportDryRun(prepared, report());
          return undefined;
        }
        witness.say('in_progress');
        return log.group(`Release ${what} to ${environment}`, () =>
          release(prepared, inputs.manner, context, proof && (() => proof.prove())),
        );
      },
    );
    if (result) ending = await reportResult(result, report());
  } catch (error) {
    ending = await reportError(error, current, report());
  }
  if (ending) witness.say(stateOf(ending), ending.sentence);
  await witness.done();
}
