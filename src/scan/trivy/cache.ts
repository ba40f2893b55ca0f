import { cpSync, existsSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseName, KINDS } from '../database/kinds.ts';

/**
 * A folder in which one Trivy at a time keeps what it knows of layers. Trivy locks it for as long as it runs, and a second one gives up
 * after five seconds, so scans side by side have one each; the databases are the same for all.
 * @param java whether the index of Java archives was opened and found to be good; Trivy would use an old one without a word
 */
export function layerCache(cacheDir: string, name: string, java: boolean): string {
  const folder = join(cacheDir, 'layers', java ? `${name}-java` : name);
  mkdirSync(folder, { recursive: true });
  linkDatabase('vulnerability', cacheDir, folder);
  if (java) linkDatabase('java', cacheDir, folder);
  return folder;
}

/** Gives a cache that holds nothing yet what another one has learnt of layers. */
export function seedCache(cacheDir: string, from: string, to: string): void {
  const known = (name: string): string => join(cacheDir, 'layers', name, 'fanal');
  if (existsSync(known(from)) && !existsSync(known(to)))
    cpSync(known(from), known(to), { recursive: true });
}

/** Makes a database of one cache be in another, unless it is there. */
export function linkDatabase(name: DatabaseName, from: string, to: string): void {
  const { folder } = KINDS[name];
  const place = join(to, folder);
  if (!lstatSync(place, { throwIfNoEntry: false })) symlinkSync(join(from, folder), place);
}
