import { basename, dirname } from 'node:path/posix';

/** Larger files are none that a person has written. */
const LARGEST = 1024 * 1024;

/** What will be asked for in most repositories, read at once: every reading starts a process. */
const LIKELY =
  /^(?!(?:.*\/)?node_modules\/)(?:.*\/)?(?:[^/]*(?:docker|container|compose)[^/]*|package\.json|go\.(?:mod|work)|pyproject\.toml|requirements[^/]*|\.nvmrc|\.(?:node|python)-version)$/i;

/** What the repository holds at one commit. Paths have forward slashes and are relative to its root. */
export interface Tree {
  /** All files and links, sorted. */
  readonly files: readonly string[];
  has(path: string): boolean;
  /** Whether there is something below this folder. */
  hasFolder(path: string): boolean;
  /** Names of the files in a folder itself, sorted. */
  names(folder: string): readonly string[];
  /** Paths whose content is elsewhere: symbolic links, submodules. */
  readonly links: readonly string[];
  /** Whether a path is one of these, or leads through one. */
  isLinked(path: string): boolean;
  /** The text of a file; `undefined` for a link, a submodule, or one above 1 MiB. */
  text(path: string): Promise<string | undefined>;
  /** The texts of many at once; those without one are left out. */
  texts(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

interface Entry {
  readonly mode: string;
  readonly object: string;
  readonly size: number;
}

/**
 * Makes the tree out of the lines of `git ls-tree -r -l`.
 * @param read answers as `git cat-file --batch` does, for objects in order
 */
export function makeTree(
  listing: readonly string[],
  read: (objects: readonly string[]) => Promise<Buffer>,
): Tree {
  const entries = new Map<string, Entry>();
  for (const line of listing) {
    const [, mode, object, size, path] =
      /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([^]+)$/.exec(line) ?? [];
    if (mode === undefined || object === undefined || path === undefined) continue;
    entries.set(path, { mode, object, size: Number(size) });
  }
  const files = [...entries.keys()].sort();
  const folders = new Set(files.flatMap(ancestors));
  const names = new Map<string, string[]>();
  for (const file of files) {
    const inside = names.get(dirname(file));
    if (inside === undefined) names.set(dirname(file), [basename(file)]);
    else inside.push(basename(file));
  }
  const links = files.filter((path) => !entries.get(path)?.mode.startsWith('100'));
  const linked = new Set(links);

  const cache = new Map<string, string>();
  const load = async (paths: readonly string[]): Promise<void> => {
    const wanted = [...new Set(paths)].flatMap((path) => {
      const entry = entries.get(path);
      const isText = entry?.mode.startsWith('100') && entry.size <= LARGEST && !cache.has(path);
      return entry && isText ? [{ path, object: entry.object }] : [];
    });
    if (wanted.length === 0) return;
    const contents = parseBatch(await read(wanted.map(({ object }) => object)));
    for (const [index, { path }] of wanted.entries()) cache.set(path, contents[index] ?? '');
  };
  let likely: Promise<void> | undefined;
  const texts = async (paths: readonly string[]): Promise<Map<string, string>> => {
    await (likely ??= load(files.filter((file) => LIKELY.test(file))));
    await load(paths);
    return new Map(
      paths.flatMap((path) => {
        const content = cache.get(path);
        return content === undefined ? [] : [[path, content]];
      }),
    );
  };
  return {
    files,
    links,
    has: (path) => entries.has(path),
    names: (folder) => names.get(folder) ?? [],
    hasFolder: (path) => path === '.' || folders.has(path),
    isLinked: (path) => [path, ...ancestors(path)].some((part) => linked.has(part)),
    text: async (path) => (await texts([path])).get(path),
    texts,
  };
}

/** The folders that a path lies in, without the root: `a/b/c` is in `a` and `a/b`. */
export function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** `<object> <type> <size>\n<bytes>\n`, one after another. */
function parseBatch(bytes: Buffer): string[] {
  const contents: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\n', at);
    const size = Number(bytes.toString('latin1', at, end).split(' ')[2]);
    if (!Number.isInteger(size)) throw new Error('git cat-file gave an answer without a size');
    contents.push(bytes.toString('utf8', end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return contents;
}
