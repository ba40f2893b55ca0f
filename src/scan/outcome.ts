import { plural } from '../kit/text.ts';
import type { DatabaseState } from './database/open.ts';
import { countText } from './report/remedies.ts';
import type { ScanRun } from './run.ts';

/** How a scan ended. The gravest counts, in this order. */
type Outcome = 'failed' | 'incomplete' | 'database-unavailable' | 'database-stale' | 'passed';

/** The exit code of each; of a database under the policy `warn` it is 0. */
const CODES: Readonly<Record<Outcome, number>> = {
  passed: 0,
  failed: 1,
  incomplete: 2,
  'database-unavailable': 3,
  'database-stale': 4,
};

export interface Ending {
  readonly outcome: Outcome;
  readonly code: number;
  readonly sentence: string;
}

/** What is said of a scan in one word, one sentence and one number. */
export function endingOf(run: ScanRun, policy: 'fail' | 'warn'): Ending {
  const outcome = outcomeOf(run);
  const tolerated = policy === 'warn' && outcome.startsWith('database-');
  return { outcome, code: tolerated ? 0 : CODES[outcome], sentence: sentenceOf(run) };
}

function outcomeOf({ verdicts, problems, database, java }: ScanRun): Outcome {
  const states = [database, java].map((one) => one?.state);
  if (verdicts.some(({ passed }) => !passed)) return 'failed';
  if (problems.length > 0) return 'incomplete';
  if (states.includes('unavailable')) return 'database-unavailable';
  if (states.includes('stale')) return 'database-stale';
  return 'passed';
}

function sentenceOf({ scans, problems, verdicts, database, java }: ScanRun): string {
  const failing = verdicts.filter(({ passed }) => !passed);
  const all = scans.flatMap(({ report }) => report.findings);
  const found = countText(all) || 'nothing';
  const scanned =
    scans.length === 0
      ? []
      : [
          failing.length === 0
            ? `${plural(scans.length, 'target')} scanned, found: ${found}; none of it fails.`
            : `${plural(failing.length, 'target')} of ${scans.length} failed: ${failing.map(({ target }) => target).join(', ')}; found in all: ${found}.`,
        ];
  return [
    ...scanned,
    ...(problems.length === 0
      ? []
      : [`${problems.map(({ target }) => target.name).join(', ')} could not be scanned.`]),
    ...[database, java].flatMap(troubleWith),
  ].join(' ');
}

function troubleWith(state: DatabaseState | undefined): string[] {
  return state === undefined || state.state === 'ready' ? [] : [state.problem.message];
}
