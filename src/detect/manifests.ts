import { basename, dirname, join } from 'node:path/posix';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { clean } from './pattern.ts';
import type { Tree } from './tree.ts';

/** A package of the repository, and what it needs of others in it. */
export interface Manifest {
  readonly file: string;
  readonly folder: string;
  /** Language and name, so that two languages may use the same one: `node:@acme/shared`. */
  readonly name: string | undefined;
  /** Names, in the same form; most of them are of packages from elsewhere. */
  readonly needs: readonly string[];
  /** Folders that are named by their path. */
  readonly folders: readonly string[];
}

const MANIFEST = /^(?:package\.json|go\.mod|pyproject\.toml|requirements[^/]*\.(?:txt|in))$/;

/** All packages of a repository. What cannot be parsed says nothing. */
export async function readManifests(tree: Tree): Promise<Manifest[]> {
  const files = tree.files.filter(
    (file) => MANIFEST.test(basename(file)) && !/(?:^|\/)node_modules\//.test(file),
  );
  const texts = await tree.texts(files);
  return [...texts].flatMap(([file, text]): Manifest[] => {
    const folder = dirname(file);
    const { name, needs, paths } = parseManifest(basename(file), text);
    const folders = paths.map((path) => clean(join(folder, path)));
    return [{ file, folder, name, needs, folders }];
  });
}

/**
 * The folders of the packages that the package in `folder` needs, and that those need, without itself. A dependency that is called
 * like a package of the repository is taken for it: whether a package manager would is not asked.
 */
export function neededFolders(folder: string, manifests: readonly Manifest[]): string[] {
  const seen = new Set([folder]);
  for (const at of seen) {
    for (const manifest of manifests.filter((one) => one.folder === at)) {
      const named = manifests.filter(
        ({ name }) => name !== undefined && manifest.needs.includes(name),
      );
      for (const needed of [...named.map((one) => one.folder), ...manifest.folders])
        seen.add(needed);
    }
  }
  return [...seen].filter((one) => one !== folder).sort();
}

interface Facts {
  readonly name: string | undefined;
  readonly needs: readonly string[];
  /** Relative to the manifest. */
  readonly paths: readonly string[];
}

const NOTHING: Facts = { name: undefined, needs: [], paths: [] };

/** What a manifest says, by the name of its file. */
export function parseManifest(file: string, text: string): Facts {
  try {
    if (file === 'package.json') return node(text);
    if (file === 'go.mod') return go(text);
    return file === 'pyproject.toml' ? python(text) : requirements(text);
  } catch {
    return NOTHING;
  }
}

const versions = z.record(z.string(), z.string()).optional().catch(undefined);
const packageJson = z.object({
  name: z.string().optional().catch(undefined),
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
  peerDependencies: versions,
});

function node(text: string): Facts {
  const { name, ...kinds } = packageJson.parse(JSON.parse(text));
  const all = Object.values(kinds).flatMap((kind) => Object.entries(kind ?? {}));
  return {
    name: name && `node:${name}`,
    needs: all.map(([key]) => `node:${key}`),
    paths: all.flatMap(([, version]) => /^(?:file|link|portal):(.+)$/.exec(version)?.[1] ?? []),
  };
}

function go(text: string): Facts {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/\/\/.*/, '').trim());
  return {
    name: lines
      .flatMap((line) => /^module\s+"?([^\s"]+)/.exec(line)?.[1] ?? [])
      .map((name) => `go:${name}`)[0],
    needs: lines
      .flatMap((line) => /^(?:require\s+)?([^\s()]+)\s+v\S+$/.exec(line)?.[1] ?? [])
      .map((name) => `go:${name}`),
    paths: lines.flatMap((line) => /=>\s*(\.\.?\/\S*|\.\.?)$/.exec(line)?.[1] ?? []),
  };
}

const pathSource = z.object({ path: z.string() });
const table = z.record(z.string(), z.unknown()).optional().catch(undefined);
const pyproject = z.object({
  project: z
    .object({
      name: z.string().optional(),
      dependencies: z.array(z.string()).optional(),
      'optional-dependencies': z.record(z.string(), z.array(z.string())).optional(),
    })
    .optional()
    .catch(undefined),
  'dependency-groups': z.record(z.string(), z.array(z.unknown())).optional().catch(undefined),
  tool: z
    .object({
      uv: z.object({ sources: table }).optional().catch(undefined),
      poetry: z
        .object({
          name: z.string().optional(),
          dependencies: table,
          group: z.record(z.string(), z.object({ dependencies: table })).optional(),
        })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

function python(text: string): Facts {
  const { project, tool, 'dependency-groups': groups } = pyproject.parse(parseToml(text));
  const listed = [
    ...(project?.dependencies ?? []),
    ...Object.values(project?.['optional-dependencies'] ?? {}).flat(),
    ...Object.values(groups ?? {})
      .flat()
      .filter((entry) => typeof entry === 'string'),
  ];
  const { poetry } = tool ?? {};
  const tables = [
    poetry?.dependencies,
    ...Object.values(poetry?.group ?? {}).map(({ dependencies }) => dependencies),
    tool?.uv?.sources,
  ].flatMap((one) => Object.entries(one ?? {}));
  const name = project?.name ?? poetry?.name;
  return {
    name: name && pythonName(name),
    needs: [...listed, ...tables.map(([key]) => key)].map(pythonName),
    paths: [
      ...tables.flatMap(([, source]) => pathSource.safeParse(source).data?.path ?? []),
      ...listed.flatMap(localFile),
    ],
  };
}

function requirements(text: string): Facts {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(?:^|\s)#.*/, '').trim());
  const included = lines.flatMap(
    (line) => /^(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)$/.exec(line)?.[1] ?? [],
  );
  const local = lines.flatMap(
    (line) =>
      /^(?:(?:-e|--editable)[\s=]*)?(\.{0,2}\/[^[;\s]*|\.\.?)(?:[[;\s]|$)/.exec(line)?.[1] ?? [],
  );
  return {
    name: undefined,
    needs: lines.filter((line) => /^[A-Za-z0-9]/.test(line)).map(pythonName),
    paths: [...included, ...local, ...lines.flatMap(localFile)],
  };
}

/** `name @ file:../shared` */
function localFile(requirement: string): string[] {
  const path = /(?:^|@\s*|-e\s+)file:(?:\/\/)?(\.[^\s;]*)/.exec(requirement)?.[1];
  return path === undefined ? [] : [path];
}

/** Source: https://packaging.python.org/en/latest/specifications/name-normalization/ */
function pythonName(requirement: string): string {
  const name = /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(requirement.trim())?.[0] ?? '';
  return `python:${name.replace(/[-_.]+/g, '-').toLowerCase()}`;
}
