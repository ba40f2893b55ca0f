import * as core from '@actions/core';
import { describe } from './errors.ts';

/** Runs the entry of an action: whatever it throws becomes the step's error, in words and in the exit code. */
export async function runAction(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    core.setFailed(describe(error));
  }
}

/** Ends the step as failed with an exit code of its own. */
export function failWith(code: number, sentence: string): void {
  core.setFailed(sentence);
  process.exitCode = code;
}
