import * as core from '@actions/core';
import { messageOf } from './errors.ts';
import { removeScratch } from './scratch.ts';
import { savedAgent, savedScratch } from './state.ts';

/**
 * What post does after every action that logs in somewhere: ends the ssh-agent and removes the private folder, also when main was
 * killed half-way. It never fails the job: the deploy has its own verdict.
 */
export function cleanUp(): void {
  try {
    const agent = savedAgent();
    if (agent !== undefined) endProcess(agent);
    const scratch = savedScratch();
    if (scratch !== undefined) removeScratch(scratch);
  } catch (error) {
    core.warning(`Something of this run may be left on the runner: ${messageOf(error)}`);
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // It has ended already: main does this itself when it can.
  }
}
