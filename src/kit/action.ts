import * as core from '@actions/core';
import { describe, UserError } from './errors.ts';
import { cell, writeSummary } from './summary.ts';

/**
 * Runs the entry of an action: whatever it throws becomes the step's error, in words, in the summary and in the exit code.
 * @param outcome what the output `outcome` says when the work could not even begin
 * @param code the exit code of that, where 1 has a meaning of its own
 */
export async function runAction(
  outcome: string,
  work: () => Promise<void>,
  code = 1,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    failWith(code, describe(error));
    core.setOutput('outcome', outcome);
    if (error instanceof UserError) {
      await writeSummary([
        `### ${cell(error.message)}`,
        `\`${error.id}\` ${cell(error.value ?? '')}`,
        `**Fix:** ${cell(error.fix)}`,
      ]);
    }
  }
}

/** Ends the step as failed with an exit code of its own. */
export function failWith(code: number, sentence: string): void {
  core.setFailed(sentence);
  process.exitCode = code;
}
