import * as core from '@actions/core';
import { failWith } from '../kit/action.ts';
import { describe, UserError } from '../kit/errors.ts';
import { formatDuration } from '../kit/duration.ts';
import { cell, code, details, table, writeSummary } from '../kit/summary.ts';
import { problemsOf } from '../host/findings.ts';
import type { Outcome } from '../host/protocol.ts';
import type { Served } from '../host/transaction.ts';
import type { ReleaseResult } from './deploy.ts';
import type { Prepared } from './host-release.ts';
import { EXIT_CODES, sentence, UNPROVEN } from './outcome.ts';

/** What a report is about. */
export interface Report {
  /** The release in people's words, e.g. `v1.2.0` or `Going back to v1.1.0`. */
  readonly what: string;
  readonly environment: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** More blocks for the summary, e.g. the smoke test's. */
  readonly more?: readonly string[];
}

/** How a release ended, for others to be told. */
export interface Ending {
  readonly outcome: Outcome;
  readonly proven: boolean;
  readonly sentence: string;
}

/** Sets the outputs, writes the summary, and ends the step with the exit code of the outcome. */
export async function reportResult(result: ReleaseResult, report: Report): Promise<Ending> {
  const [first] = result.hosts;
  const serving = first?.serving;
  const before = first?.prepared.adoption.length ? 'what was started by hand' : null;
  const said = sentence(
    result.outcome,
    report.what,
    report.environment,
    serving === undefined ? before : nameOf(serving),
    result.why,
  );
  const hosts = result.hosts.flatMap(({ prepared, outcome, host, evidence }) => [
    `**${cell(host)}**: ${outcome}`,
    planTable(prepared),
    ...(evidence.length === 0 ? [] : [details(`What ${host} showed`, evidence)]),
  ]);
  const { outcome, proven } = result;
  await finish(outcome, said, serving, report, hosts);
  if (EXIT_CODES[outcome] !== 0 || proven) return { outcome, proven, sentence: said };
  const unproven = `${said} But it is not proven: ${result.why ?? 'nobody could see it'}`;
  failWith(UNPROVEN, unproven);
  return { outcome, proven, sentence: unproven };
}

/** The same for what ended before anything changed. A bug is thrown on. */
export async function reportError(
  error: unknown,
  current: Served | null | undefined,
  report: Report,
): Promise<Ending> {
  const outcome = outcomeOf(error);
  if (outcome === undefined || !(error instanceof UserError)) throw error;
  core.error(describe(error));
  // Nothing of ours does not mean nothing: somebody may have started something by hand.
  const known = outcome === 'aborted' ? (current ?? undefined) : current;
  const said = sentence(outcome, report.what, report.environment, nameOf(known), error.message);
  await finish(outcome, said, current ?? undefined, report, [
    ...problemsOf(error).flatMap((problem) => [
      ...(problem === error ? [] : [cell(problem.message)]),
      `\`${problem.id}\` ${cell(problem.value ?? '')}`,
      `**Fix:** ${cell(problem.fix)}`,
    ]),
  ]);
  return { outcome, proven: false, sentence: said };
}

/** Shows a plan that will not be carried out. */
export async function reportDryRun(prepared: readonly Prepared[], report: Report): Promise<void> {
  const current = prepared[0]?.state.current;
  core.setOutput('outcome', 'dry-run');
  core.setOutput('release', prepared[0]?.release ?? '');
  core.setOutput('serving', current?.release ?? '');
  const said = `Dry run: ${report.what} was planned, nothing was changed.`;
  core.info(said);
  await writeSummary([
    `### ${cell(said)}`,
    ...prepared.flatMap((one) => [`**${cell(one.session.target.text)}**`, planTable(one)]),
  ]);
}

async function finish(
  outcome: Outcome,
  said: string,
  serving: Served | undefined,
  report: Report,
  blocks: readonly string[],
): Promise<void> {
  core.setOutput('outcome', outcome);
  core.setOutput('serving', serving?.release ?? '');
  core.setOutput('serving-version', serving?.version ?? '');
  core.setOutput('sentence', said);
  const took = `Took ${formatDuration(report.endedMs - report.startedMs)}.`;
  await writeSummary([`### ${cell(said)}`, ...blocks, ...(report.more ?? []), took]);
  if (EXIT_CODES[outcome] === 0) core.info(said);
  else failWith(EXIT_CODES[outcome], said);
}

function planTable({ plan, release, environment, adoption }: Prepared): string {
  const rows = plan.steps.map(({ service, action, reason }) => [
    code(service),
    action,
    cell(reason),
  ]);
  return [
    code(release),
    table(['service', 'what happens', 'why'], rows),
    ...(adoption.length === 0 ? [] : [adoption.map((line) => `- ${cell(line)}`).join('\n')]),
    ...environment.map((change) => `Environment of ${cell(change)}`),
  ].join('\n\n');
}

function nameOf(served: Served | null | undefined): string | null | undefined {
  return (
    served &&
    (served.version === served.release ? served.release : `${served.version} (${served.release})`)
  );
}

/** What an error means for the release; undefined for a bug. */
function outcomeOf(error: unknown): Outcome | undefined {
  if (!(error instanceof UserError)) return undefined;
  if (error.id === 'locked' || error.id === 'superseded') return error.id;
  if (error.id === 'overtaken') return 'locked';
  return error.id === 'outcome-unknown' ? 'unknown' : 'aborted';
}
