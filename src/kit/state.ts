import * as core from '@actions/core';

/** What main leaves for post. The names are ours alone; this is the only file that knows them. */
const SCRATCH = 'slipway-scratch';
const AGENT = 'slipway-agent';

/** Saved before the folder is made, so that post finds it even after a kill in between. */
export function saveScratch(folder: string): void {
  core.saveState(SCRATCH, folder);
}

export function savedScratch(): string | undefined {
  return core.getState(SCRATCH) || undefined;
}

/** The process id of the ssh-agent. */
export function saveAgent(pid: number): void {
  core.saveState(AGENT, String(pid));
}

export function savedAgent(): number | undefined {
  const text = core.getState(AGENT);
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
