import * as core from '@actions/core';
import type { HostSession } from '../host/session.ts';
import type { Served } from '../host/transaction.ts';
import { announce, type ReleaseResult, release, type Verdict } from './deploy.ts';
import type { Context, Prepared } from './host-release.ts';
import { withHosts } from './hosts.ts';
import type { HostInputs, ReleaseInputs } from './inputs.ts';
import { prepare } from './prepare.ts';
import { type Report, reportDryRun, reportError, reportResult } from './report.ts';
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
  const { subject } = inputs;
  await carryOut(inputs, subject.version, context, inputs.dryRun, proof, (session, onCurrent) =>
    prepare(subject, session, context, onCurrent),
  );
}

/** Puts an earlier release back on every host and reports. */
export async function runRollback(
  inputs: HostInputs,
  wanted: Wanted,
  context: Context,
): Promise<void> {
  const what = `Going back to ${wanted.release ?? wanted.version ?? 'the last good release'}`;
  await carryOut(inputs, what, context, false, undefined, (session, onCurrent) =>
    prepareRollback(inputs.settings, wanted, inputs.pullLogin, session, context, onCurrent),
  );
}

type Prepare = (
  session: HostSession,
  onCurrent: (current: Served | undefined) => void,
) => Promise<Prepared>;

async function carryOut(
  inputs: HostInputs,
  what: string,
  context: Context,
  dryRun: boolean,
  proof: Proof | undefined,
  prepareOne: Prepare,
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
  try {
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
        return log.group(`Release ${what} to ${environment}`, () =>
          release(prepared, inputs.manner, context, proof && (() => proof.prove())),
        );
      },
    );
    if (result) await reportResult(result, report());
  } catch (error) {
    await reportError(error, current, report());
  }
}
