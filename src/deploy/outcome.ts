import type { Outcome } from '../host/protocol.ts';

/** Exit codes of a step: 0 is good, 1 an error before anything changed, the rest says what became of the release. */
export const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  deployed: 0,
  unchanged: 0,
  aborted: 10,
  'rolled-back': 11,
  locked: 12,
  superseded: 13,
  'rollback-failed': 14,
  unknown: 15,
};

/** Deployed, but the smoke test could not see it: the release stays, and the step is not green. */
export const UNPROVEN = 16;

/** From harmless to grave: with several hosts the gravest is the outcome of the whole. */
const GRAVITY: readonly Outcome[] = [
  'unchanged', 'deployed', 'superseded', 'locked', 'aborted', 'rolled-back', 'unknown', 'rollback-failed',
]; // prettier-ignore

export function gravest(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((a, b) => (GRAVITY.indexOf(b) > GRAVITY.indexOf(a) ? b : a), 'unchanged');
}

/**
 * One sentence: what happened, and what the environment serves now.
 * @param what the release in people's words, e.g. `v1.2.0`
 * @param serving what is served now; null for nothing, undefined when no host was asked
 */
export function sentence(
  outcome: Outcome,
  what: string,
  environment: string,
  serving: string | null | undefined,
  why: string | undefined,
): string {
  const now =
    serving === null
      ? `${environment} serves nothing yet`
      : `${environment} serves ${serving ?? ''}`;
  const because = why === undefined ? '' : ` (${why})`;
  switch (outcome) {
    case 'deployed':
      return `${what} is deployed: ${now}.`;
    case 'unchanged':
      return `${what} changes nothing: ${now}.`;
    case 'aborted':
      return serving === undefined
        ? `${what} was not deployed${because}: what ${environment} serves was not touched.`
        : `${what} was not deployed${because}: ${now}, as before.`;
    case 'rolled-back':
      return `${what} was taken back${because}: ${now}${serving === null ? '' : ' again'}.`;
    case 'locked':
      return `${what} was not deployed, another release is under way: ${now}.`;
    case 'superseded':
      return `${what} was not deployed, it is older than what runs: ${now}.`;
    case 'rollback-failed':
      return `${what} failed${because} and could not be taken back: look at ${environment} now.`;
    case 'unknown':
      return `The outcome of ${what} is unknown${because}: the host finishes or undoes it by itself.`;
  }
}
