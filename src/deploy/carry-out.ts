import * as core from '@actions/core';
import type { DeploymentState } from '../github/deployments.ts';
import type { HostSession } from '../host/session.ts';
import type { Served } from '../host/transaction.ts';
import { announce, type ReleaseResult, release, type Verdict } from './deploy.ts';
import type { Context, Prepared } from './host-release.ts';
import { withHosts } from './hosts.ts';
import type { HostInputs } from './inputs.ts';
import { type Ending, type Report, reportDryRun, reportError, reportResult } from './report.ts';

/** A way to prove a release while its switch is still open, and what it has to say in the summary. */
export interface Proof {
  prove(): Promise<Verdict>;
  summary(): readonly string[];
}

/** Who is told how a release goes. */
export interface Witness {
  say(state: DeploymentState, sentence?: string): void;
  /** Resolves when everything that was said has been written down. */
  done(): Promise<void>;
}

/** Nobody. */
export const noWitness: Witness = { say: () => undefined, done: () => Promise.resolve() };

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

/** Prepares every host, carries the release out on all of them, and reports how it ended. */
export async function carryOut(
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

/** Only what is served and was proven, as far as a proof was asked for, is a success: a promotion relies on it. */
function stateOf({ outcome, proven }: Ending): DeploymentState {
  return (outcome === 'deployed' || outcome === 'unchanged') && proven ? 'success' : 'failure';
}
