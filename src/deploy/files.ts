import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import type { TarEntry } from '../kit/tar.ts';
import { readYaml } from '../kit/yaml.ts';
import type { SecretFiles } from './secret-files.ts';

/** Keys of a Compose file whose relative paths Compose itself reads; a bind mount is not among them. */
const READ_BY_COMPOSE = new Set(['env_file', 'label_file', 'file', 'include', 'extends', 'path']);

/**
 * The Compose files and every file of the repository that Compose reads to understand them, as entries below `src/`.
 * @param compose paths relative to the workspace
 * @throws UserError `compose-file-missing`, `compose-invalid`
 */
export function composeSources(
  compose: readonly string[],
  workspace: string,
  secretFiles: SecretFiles = new Map(),
): TarEntry[] {
  const root = realpathSync(workspace);
  const found = new Map<string, string | Buffer>();
  const isThere = (name: string): boolean => secretFiles.has(name) || isFile(join(root, name));
  // Under the name that Compose is told: a link may have another one behind it.
  const nameOf = (path: string): string => {
    insideWorkspace(path, workspace);
    return relative(root, resolve(root, path));
  };
  const visit = (path: string): void => {
    const name = nameOf(path);
    if (found.has(name) || !isThere(name)) return;
    const content = secretFiles.get(name) ?? readFileSync(join(root, name));
    found.set(name, content);
    if (/\.ya?ml$/.test(name))
      for (const next of references(String(content), name)) visit(join(dirname(name), next));
  };
  for (const path of compose) {
    if (!isThere(nameOf(path))) {
      throw new UserError({
        id: 'compose-file-missing',
        message: 'A Compose file does not exist.',
        value: path,
        fix: 'Name the Compose files under "compose:" in slipway.yml, relative to the repository.',
      });
    }
    visit(path);
  }
  return [...found].map(([name, content]) => ({ path: `src/${name}`, content, mode: 0o600 }));
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Relative paths under the keys that Compose reads. More than needed does no harm; what does not exist is left to Compose to judge. */
function references(text: string, name: string): string[] {
  const { data } = readYaml(
    text,
    (why) =>
      new UserError({
        id: 'compose-invalid',
        message: `The Compose file is not valid YAML: ${why}`,
        value: name,
        fix: 'Mend what is named; try it with: docker compose config',
      }),
  );
  const paths: string[] = [];
  const walk = (value: unknown, read: boolean): void => {
    if (typeof value === 'string') {
      if (read && value !== '' && !value.startsWith('/') && !value.includes('${'))
        paths.push(value);
    } else if (Array.isArray(value)) {
      for (const item of value) walk(item, read);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, READ_BY_COMPOSE.has(key));
    }
  };
  walk(data, false);
  return paths;
}

/** What a release mounts from the repository: one file, or a folder with everything in it. */
export interface Content {
  readonly folder: boolean;
  /** Hash over names, modes and bytes: the same content has the same place on the host. */
  readonly sha256: string;
  /** Entries relative to the content itself, folders before what they hold; the content itself has the empty path. */
  readonly entries: readonly TarEntry[];
}

/**
 * Reads a file or folder of the workspace, with the secret files that belong there, which only their owner may read; links are followed only inside the workspace.
 * @throws UserError `path-outside-workspace`, `link-broken`
 */
export function readContent(
  path: string,
  workspace: string,
  secretFiles: SecretFiles = new Map(),
): Content {
  const entries: TarEntry[] = [];
  let folder = false;
  const visit = (from: string, name: string, above: readonly string[]): void => {
    const secret = secretFiles.get(relative(workspace, from));
    if (secret !== undefined) {
      entries.push({ path: name, content: secret, mode: 0o600 });
      return;
    }
    const added = secretNames(relative(workspace, from), secretFiles);
    const real = insideWorkspace(from, workspace);
    const stats = existsSync(real) ? statSync(real) : undefined;
    if ((stats === undefined && added.length === 0) || above.includes(real))
      throw broken(relative(workspace, from));
    if (stats === undefined || stats.isDirectory()) {
      folder ||= name === '';
      entries.push({ path: name === '' ? '' : `${name}/`, content: '', mode: 0o755 });
      const children = new Set([...(stats ? readdirSync(real) : []), ...added]);
      for (const child of [...children].sort())
        visit(join(from, child), name === '' ? child : `${name}/${child}`, [...above, real]);
    } else if (stats.isFile()) {
      entries.push({
        path: name,
        content: readFileSync(real),
        mode: (stats.mode & 0o111) === 0 ? 0o644 : 0o755,
      });
    }
  };
  visit(path, '', []);
  const hash = createHash('sha256');
  for (const { path: name, mode, content } of entries)
    hash.update(`${name}\0${mode}\0${content.length}\0`).update(content);
  return {
    folder,
    sha256: hash.digest('hex'),
    entries,
  };
}

function broken(link: string): UserError {
  return new UserError({
    id: 'link-broken',
    message: 'A link that a service mounts leads nowhere, or in a circle.',
    value: link,
    fix: 'Mend the link, or take it out of what is mounted.',
  });
}

/** What secret files put into a folder: their names, and those of the folders on the way to them. */
function secretNames(folder: string, secretFiles: SecretFiles): string[] {
  return [...secretFiles.keys()].flatMap((path) => below(folder, path)?.split('/')[0] ?? []);
}

/** Whether a path relative to the workspace exists there, or comes with the secret files. */
export function exists(
  path: string,
  workspace: string,
  secretFiles: SecretFiles = new Map(),
): boolean {
  return (
    lstatSync(join(workspace, path), { throwIfNoEntry: false }) !== undefined ||
    secretFiles.has(path) ||
    secretNames(path, secretFiles).length > 0
  );
}

/** The path of `file` below `folder`, with forward slashes; undefined when it lies elsewhere. */
export function below(folder: string, file: string): string | undefined {
  if (file === folder) return '';
  return file.startsWith(`${folder}/`)
    ? file
        .slice(folder.length + 1)
        .split(sep)
        .join('/')
    : undefined;
}
