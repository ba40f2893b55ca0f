import type { History } from './history.ts';
import type { Finding, Leak } from './leaks.ts';

/** Where a secret stands, as {@link Finding} says. */
export interface Place extends Pick<Finding, 'current' | 'exists'> {
  readonly leak: Leak;
  readonly file: string;
}

/**
 * Finds the files of these leaks at their commits and in what is checked out.
 * @returns a place for each leak, in order
 */
export async function placesOf(leaks: readonly Leak[], history: History): Promise<Place[]> {
  const head = await history.head();
  const names = leaks.map(({ file, commit }) => {
    // Below git's note of a conflict gitleaks 8.30.1 reads the new name of a file with its prefix, b/.
    const bare = file.startsWith('b/') ? file.slice(2) : file;
    return [`${commit}:${file}`, `${commit}:${bare}`, `${head}:${file}`, `${head}:${bare}`];
  });
  const objects = await history.objects(names.flat());
  return leaks.map((leak, index) => {
    const { file } = leak;
    const [whole, bare, wholeNow, bareNow] = objects.slice(4 * index);
    const isBare = whole === undefined && bare !== undefined && file.startsWith('b/');
    const [then, now] = isBare ? [bare, bareNow] : [whole, wholeNow];
    return {
      leak,
      file: isBare ? file.slice(2) : file,
      current: then !== undefined && then === now,
      exists: now !== undefined,
    };
  });
}
