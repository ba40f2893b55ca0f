import { cell, code, table } from '../kit/summary.ts';
import type { CheckResult, SmokeResult } from './smoke.ts';

/** Blocks of Markdown for the job summary: the sentence, then what each check saw. */
export function smokeSummary({ verdict, sentence, checks }: SmokeResult): string[] {
  return [
    `### Smoke test: ${verdict}`,
    cell(sentence),
    table(['Check', 'Verdict', 'Attempts', 'Last answer', 'Why'], checks.map(row)),
  ];
}

function row({ name, verdict, attempts, last, why }: CheckResult): string[] {
  const answer = last === undefined ? 'none' : `${last.status} in ${last.ms} ms`;
  return [code(name), verdict, String(attempts), answer, cell(why)];
}
