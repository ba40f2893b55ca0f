import type { SmokeCheck } from '../config/schema.ts';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import type { ReleaseRecord } from '../release/record.ts';
import { comparesRevision, targetsOf } from './target.ts';
import { type CheckResult, conclude, sentenceOf, type Verdict, worst } from './verdict.ts';
import { watch } from './watch.ts';

export type { CheckResult, Verdict } from './verdict.ts';

export interface SmokePlan {
  /** Where users reach the environment; the paths of the checks are below it. */
  readonly url: string;
  /** Without any, `GET /` is expected to answer 200. */
  readonly checks: readonly SmokeCheck[];
  /** What `${service.revision}` is looked up in. */
  readonly record: ReleaseRecord | undefined;
  /** How many times in a row a check must answer as expected. */
  readonly consecutive: number;
  /** For the whole test. */
  readonly timeoutMs: number;
  /** Pause between an answer and the next request of the same check. */
  readonly intervalMs: number;
}

export interface SmokeResult {
  readonly verdict: Verdict;
  /** What was found, for a person; harmless in a log, not yet Markdown. */
  readonly sentence: string;
  readonly checks: readonly CheckResult[];
}

/**
 * Proves that the new release, and no other, is serving well: runs all checks side by side until each has answered as expected
 * N times in a row, or the time is up. verdict.ts says what the verdicts mean.
 * @throws UserError before the first request, when the plan cannot be carried out
 */
export async function smoke(
  plan: SmokePlan,
  context: { readonly clock: Clock; readonly log: Log },
): Promise<SmokeResult> {
  const targets = targetsOf(plan);
  const proven = comparesRevision(targets);
  if (!proven) {
    context.log.warning(
      'No smoke check compares a revision, so an older version that answers well would pass too. ' +
        'Expect ${service.revision} in a JSON field of at least one check.',
    );
  }
  const deadline = context.clock.now() + plan.timeoutMs;
  const seen = await Promise.all(
    targets.map((target) => watch(target, { ...plan, deadline }, context)),
  );
  const checks = conclude(seen, plan.consecutive);
  const verdict = worst(checks.map((check) => check.verdict));
  return { verdict, sentence: sentenceOf(verdict, checks, plan, proven), checks };
}
