import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveScratch } from './state.ts';

/** The longest path of a Unix socket is 104 bytes on macOS, 108 on Linux; some of it is for the names below the folder. */
const LONGEST_PARENT = 60;

/**
 * A private folder (0700) for this run, below the runner's temporary folder unless that path is too long for sockets or holds what ssh
 * reads for itself in the paths that it is given. Post removes it.
 */
export function makeScratch(): string {
  const parent = (process.env.RUNNER_TEMP ?? '') || tmpdir();
  const folder = join(
    Buffer.byteLength(parent) > LONGEST_PARENT || /["'%$\\]/.test(parent) ? '/tmp' : parent,
    `slipway-${randomBytes(5).toString('hex')}`,
  );
  saveScratch(folder);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** Removes the folder; a second time does nothing. */
export function removeScratch(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
