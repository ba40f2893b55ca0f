import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import type { Kind } from './kinds.ts';

/** Ours, beside Trivy's own files: the digest of the manifest that a database was fetched by. */
const DIGEST_FILE = 'slipway-digest';
const PRIVATE = '.slipway-';
/** What an ended process has left is this old, at least. */
const LEFT_MS = 6 * 3_600_000;

/**
 * Runs `work` with a folder of its own below Trivy's cache, and removes it: a database is loaded and looked at there, where nobody else
 * reads or writes, and then put in its place by renaming it.
 */
export async function inPrivate<T>(
  cacheDir: string,
  now: number,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  mkdirSync(cacheDir, { recursive: true });
  // A killed job could remove nothing, and each of these may have a gigabyte.
  for (const name of readdirSync(cacheDir).filter((entry) => entry.startsWith(PRIVATE))) {
    const left = statSync(join(cacheDir, name), { throwIfNoEntry: false });
    if (left !== undefined && left.mtimeMs < now - LEFT_MS) discard(join(cacheDir, name));
  }
  const folder = join(cacheDir, `${PRIVATE}${randomBytes(5).toString('hex')}`);
  mkdirSync(folder, { mode: 0o700 });
  try {
    return await work(folder);
  } finally {
    discard(folder);
  }
}

/** Puts the files of a database in place one by one, so that there is one at any moment; who reads the old one goes on with it. */
export function adopt(kind: Kind, from: string, cacheDir: string): void {
  const to = join(cacheDir, kind.folder);
  mkdirSync(to, { recursive: true });
  // The digest comes last: it vouches for the others.
  for (const name of [kind.file, 'metadata.json', DIGEST_FILE])
    renameSync(join(from, kind.folder, name), join(to, name));
}

export function isThere(kind: Kind, cacheDir: string): boolean {
  return statSync(join(cacheDir, kind.folder), { throwIfNoEntry: false }) !== undefined;
}

export function remove(kind: Kind, cacheDir: string): void {
  discard(join(cacheDir, kind.folder));
}

export function writeDigest(kind: Kind, cacheDir: string, digest: string): void {
  writeFileSync(join(cacheDir, kind.folder, DIGEST_FILE), digest);
}

/** Undefined for a database that Trivy itself, or a person, has put there. */
export function readDigest(kind: Kind, cacheDir: string): string | undefined {
  try {
    const text = readFileSync(join(cacheDir, kind.folder, DIGEST_FILE), 'utf8');
    return /^sha256:[0-9a-f]{64}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function discard(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
