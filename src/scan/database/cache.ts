import { COPYFILE_FICLONE } from 'node:constants';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

/** For a part of a cache entry to arrive; the toolkit would wait an hour. */
const SEGMENT_MS = 60_000;

/** Keeps databases from one job to the next. It may forget, and what it gives back is checked. */
export interface DatabaseCache {
  /**
   * Puts into `folder`, which does not exist, what is kept under the key, or else the latest under a key that begins with the prefix.
   * @returns the key that it was kept under; undefined when there is none
   */
  restore(folder: string, key: string, prefix?: string): Promise<string | undefined>;
  save(folder: string, key: string): Promise<void>;
}

/** GitHub's cache service, where there is one. What goes wrong there it logs itself, as warnings, and goes on. */
export function repositoryCache(env: NodeJS.ProcessEnv): DatabaseCache {
  // The path is part of what the service looks for: it has to be the same in every run, and so none of ours.
  const place = (folder: string): string =>
    join(env.RUNNER_TEMP ?? '', `slipway-trivy-${basename(folder)}`);
  const service = async (): Promise<typeof import('@actions/cache') | undefined> => {
    if (!env.RUNNER_TEMP) return undefined;
    const toolkit = await import('@actions/cache');
    return toolkit.isFeatureAvailable() ? toolkit : undefined;
  };
  return {
    restore: async (folder, key, prefix) => {
      const toolkit = await service();
      const options = { segmentTimeoutInMs: SEGMENT_MS };
      const prefixes = prefix === undefined ? [] : [prefix];
      const hit = await toolkit?.restoreCache([place(folder)], key, prefixes, options);
      if (hit !== undefined) move(place(folder), folder);
      return hit;
    },
    save: async (folder, key) => {
      const toolkit = await service();
      if (toolkit === undefined) return;
      move(folder, place(folder));
      try {
        await toolkit.saveCache([place(folder)], key);
      } finally {
        move(place(folder), folder);
      }
    },
  };
}

/** Renames a folder; the two may lie on different disks. */
function move(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  try {
    renameSync(from, to);
  } catch {
    cpSync(from, to, { recursive: true, mode: COPYFILE_FICLONE });
    rmSync(from, { recursive: true });
  }
}
