import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Archive, Program } from './pins.ts';
import type { Origin } from './tool.ts';

/** For a part of a cache entry to arrive; the toolkit would wait ten minutes. */
const SEGMENT_MS = 60_000;

/** A place where an archive is kept from one job to the next. */
export interface Shelf {
  readonly name: Extract<Origin, 'tool cache' | 'cache'>;
  /** What lies there, unchecked; undefined when nothing does. */
  take(): Promise<Buffer | undefined>;
  put(bytes: Buffer): Promise<void>;
}

/**
 * The shelves that there are, the nearest first. They hold the archive and not the program, so that what comes from them is held to the
 * same checksum as a download: other jobs can write to both.
 *
 * The toolkit knows them by the environment of the process itself, and so does this.
 * @param scratch a private folder
 */
export function shelves(program: Program, archive: Archive, scratch: string): Shelf[] {
  const { RUNNER_TOOL_CACHE, RUNNER_TEMP } = process.env;
  return [
    ...(RUNNER_TOOL_CACHE ? [toolCache(program, archive, scratch)] : []),
    ...(RUNNER_TEMP ? [repositoryCache(archive, RUNNER_TEMP)] : []),
  ];
}

/** The runner's tool cache. */
function toolCache({ name, version }: Program, { file }: Archive, scratch: string): Shelf {
  const tool = `slipway-${name}`;
  return {
    name: 'tool cache',
    take: async () => {
      const { find } = await import('@actions/tool-cache');
      const folder = find(tool, version);
      return folder === '' ? undefined : readFileSync(join(folder, file));
    },
    put: async (bytes) => {
      const { cacheFile } = await import('@actions/tool-cache');
      const copy = join(scratch, file);
      writeFileSync(copy, bytes);
      await cacheFile(copy, file, tool, version);
      rmSync(copy);
    },
  };
}

/** GitHub's cache service, which keeps files for the repository. What goes wrong there it logs itself, as warnings, and goes on. */
function repositoryCache({ file, sha256 }: Archive, temp: string): Shelf {
  // The path is part of what the service looks for: it has to be the same in every run.
  const folder = join(temp, 'slipway-tools');
  const path = join(folder, file);
  const key = `slipway-${file}-${sha256.slice(0, 16)}`;
  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    mkdirSync(folder, { recursive: true });
    try {
      return await work();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return {
    name: 'cache',
    take: async () => {
      const { isFeatureAvailable, restoreCache } = await import('@actions/cache');
      if (!isFeatureAvailable()) return undefined;
      return within(async () => {
        const hit = await restoreCache([path], key, [], { segmentTimeoutInMs: SEGMENT_MS });
        return hit === undefined ? undefined : readFileSync(path);
      });
    },
    put: async (bytes) => {
      const { isFeatureAvailable, saveCache } = await import('@actions/cache');
      if (!isFeatureAvailable()) return;
      await within(async () => {
        writeFileSync(path, bytes);
        await saveCache([path], key);
      });
    },
  };
}
