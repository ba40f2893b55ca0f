import { safeLine } from '../kit/text.ts';
import { inARow, type Observation } from './watch.ts';

/**
 * - `pass`: every check answered as expected N times in a row.
 * - `degraded`: the same, but a health document says `degraded` where `healthy` was expected. It is said only when the time is
 *   up, since a service that warms up may become healthy.
 * - `fail`: the host answers, but not as expected.
 * - `inconclusive`: the host was never heard, or only well but too seldom, so nothing is known that speaks against it.
 */
export type Verdict = 'pass' | 'degraded' | 'fail' | 'inconclusive';

export interface CheckResult {
  /** `GET /health (auth)` */
  readonly name: string;
  readonly verdict: Verdict;
  readonly attempts: number;
  /** The last answer; undefined when the last request got none. */
  readonly last: { readonly status: number; readonly ms: number } | undefined;
  /** Why the verdict is what it is: one line, harmless in a log. */
  readonly why: string;
}

/**
 * From harmless to grave. `fail` is graver than `inconclusive` because it is evidence, and evidence is what a rollback is decided
 * on; `inconclusive` is graver than `degraded` because a release that nobody has seen is not known to serve.
 */
const GRAVITY: readonly Verdict[] = ['pass', 'degraded', 'inconclusive', 'fail'];

export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((a, b) => (GRAVITY.indexOf(b) > GRAVITY.indexOf(a) ? b : a), 'pass');
}

/**
 * The verdicts of the checks. Whether the probe can see is a question about the way to the host, which all checks share: once one
 * of them has been answered, the silence of another is no blindness but a release that hangs there.
 */
export function conclude(seen: readonly Observation[], consecutive: number): CheckResult[] {
  const heard = seen.some((one) => one.heard);
  return seen.map((one) => {
    const { name, attempts, last } = one;
    const verdict = verdictOf(one, consecutive, heard);
    return {
      name: safeLine(name),
      verdict,
      attempts,
      last: last.kind === 'answer' ? { status: last.status, ms: last.ms } : undefined,
      why: whyOf(one, verdict, consecutive),
    };
  });
}

function verdictOf(one: Observation, consecutive: number, heard: boolean): Verdict {
  if (one.right >= consecutive) return 'pass';
  if (one.serving >= consecutive) return 'degraded';
  const spotless = one.serving === one.attempts;
  return heard && !spotless ? 'fail' : 'inconclusive';
}

function whyOf(one: Observation, verdict: Verdict, consecutive: number): string {
  const { judgement, objection, right, serving } = one;
  if (verdict === 'pass') return inARow(right);
  const reason = objection?.why ?? '';
  if (verdict === 'degraded' || judgement.reading === 'wrong') return reason;
  if (judgement.reading === 'silent') {
    return verdict === 'fail' ? `${reason}, although the host has answered` : reason;
  }
  // The last answers were good ones, only too few of them.
  const before = reason === '' ? '' : `; before that: ${reason}`;
  return `${inARow(serving)} before the time was up, ${consecutive} are needed${before}`;
}

interface Asked {
  readonly url: string;
  readonly consecutive: number;
}

/** One sentence: what was found, of what, and why. */
export function sentenceOf(
  verdict: Verdict,
  checks: readonly CheckResult[],
  { url, consecutive }: Asked,
  proven: boolean,
): string {
  const where = safeLine(url);
  const gravest = checks.filter((check) => check.verdict === verdict);
  const [first] = gravest;
  const more = gravest.length > 1 ? ` (and ${gravest.length - 1} more)` : '';
  const what = `${first?.name ?? ''}: ${first?.why ?? ''}${more}`;
  const doubt = proven
    ? ''
    : '; no check compared the revision, an older version would do the same';
  switch (verdict) {
    case 'pass':
      return `${where} passes its smoke test, ${inARow(consecutive)}${doubt}.`;
    case 'degraded':
      return `${where} serves, but is degraded: ${what}${doubt}.`;
    case 'fail':
      return `${where} fails its smoke test: ${what}.`;
    case 'inconclusive':
      return `The smoke test of ${where} is inconclusive: ${what}.`;
  }
}
