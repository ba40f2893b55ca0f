import { dirname, join } from 'node:path/posix';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { readDockerfile } from './dockerfile.ts';
import type { Found } from './found.ts';
import { ancestors, type Tree } from './tree.ts';

/** What a service is written in, as far as it takes part in checks and set-up. */
export interface Stack {
  readonly stack: 'node' | 'python' | 'go' | 'docker';
  /** What the repository asks for, as it says it: `{ node: '>=24', pnpm: '10.1.0' }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** What installs its dependencies, told by the lockfile: npm, pnpm, yarn, bun, uv, poetry, pip. */
  readonly manager: string | undefined;
}

type Language = Exclude<Stack['stack'], 'docker'>;

const MANIFESTS: Readonly<Record<Language, RegExp>> = {
  go: /^go\.mod$/,
  node: /^package\.json$/,
  python: /^(?:pyproject\.toml|requirements[^/]*\.txt|setup\.py|Pipfile)$/,
};
const BASES: Readonly<Record<Language, RegExp>> = {
  go: /^golang$/,
  node: /^(?:node|bun)(?:js)?$/,
  python: /^(?:python|uv)$/,
};
const LANGUAGES = ['go', 'node', 'python'] as const;
const MANAGERS: readonly (readonly [string, Language, string])[] = [
  ['pnpm-lock.yaml', 'node', 'pnpm'],
  ['yarn.lock', 'node', 'yarn'],
  ['bun.lock', 'node', 'bun'],
  ['package-lock.json', 'node', 'npm'],
  ['npm-shrinkwrap.json', 'node', 'npm'],
  ['uv.lock', 'python', 'uv'],
  ['poetry.lock', 'python', 'poetry'],
  ['requirements.txt', 'python', 'pip'],
];

/**
 * Finds out by the manifests beside the service's Dockerfile or in its context, else by the image that it is built upon. Where several
 * languages meet, the image decides.
 */
export async function stackOf(tree: Tree, service: Found): Promise<Stack> {
  const homes = [...new Set([dirname(service.dockerfile), service.context])];
  const { images } = readDockerfile((await tree.text(service.dockerfile)) ?? '', service.args);
  const bases = images.flatMap(baseOf);
  const present = homes
    .map((home) => LANGUAGES.filter((language) => holds(tree, home, MANIFESTS[language])))
    .find((languages) => languages.length > 0);
  const built = bases.find(({ language }) => present?.includes(language) ?? true)?.language;
  const stack = built ?? present?.[0];
  if (stack === undefined) return { stack: 'docker', versions: {}, manager: undefined };

  const home = homes[0] === '.' ? service.context : (homes[0] ?? '.');
  const folders = home === '.' ? ['.'] : [home, ...ancestors(home).reverse(), '.'];
  const [, , manager] =
    folders
      .map((folder) => MANAGERS.find(([file, of]) => of === stack && tree.has(join(folder, file))))
      .find((one) => one !== undefined) ?? [];
  const declared = await READERS[stack](tree, folders);
  const fallback = bases.find(({ language }) => language === stack)?.version;
  const versions = { ...(fallback === undefined ? {} : { [stack]: fallback }), ...declared };
  return {
    stack,
    versions,
    manager: Object.keys(versions).find((tool) => tool !== stack) ?? manager,
  };
}

function holds(tree: Tree, folder: string, name: RegExp): boolean {
  return tree.names(folder).some((file) => name.test(file));
}

/** `docker.io/library/node:24-bookworm` is Node 24. */
function baseOf(image: string): { language: Language; version: string | undefined }[] {
  const [, name = '', tag = ''] = /([^/:@]+)(?::([^@]*))?(?:@.*)?$/.exec(image) ?? [];
  const language = LANGUAGES.find((one) => BASES[one].test(name));
  const version =
    name === language || name === 'golang' ? /^\d+(?:\.\d+)*/.exec(tag)?.[0] : undefined;
  return language === undefined ? [] : [{ language, version }];
}

type Reader = (tree: Tree, folders: readonly string[]) => Promise<Record<string, string>>;

const READERS: Readonly<Record<Language, Reader>> = {
  node: async (tree, folders) => {
    const manifests = await nearest(tree, folders, 'package.json', packageOf);
    const first = <T>(of: (one: z.infer<typeof packageJson>) => T | undefined): T | undefined =>
      manifests.map(of).find((value) => value !== undefined);
    const pinned = await firstLine(tree, folders, ['.nvmrc', '.node-version']);
    const [, tool, version] =
      /^(npm|pnpm|yarn|bun)@([^+]+)/.exec(first(({ packageManager }) => packageManager) ?? '') ??
      [];
    const node =
      pinned ?? first(({ volta }) => volta?.node) ?? first(({ engines }) => engines?.node);
    return defined({ node, ...(tool === undefined ? {} : { [tool]: version }) });
  },
  python: async (tree, folders) => {
    const pinned = await firstLine(tree, folders, ['.python-version']);
    const [required] = (await nearest(tree, folders, 'pyproject.toml', pythonOf)).filter(
      (version) => version !== undefined,
    );
    return defined({ python: pinned ?? required });
  },
  go: async (tree, folders) => {
    const files = [
      ...(await nearest(tree, folders, 'go.mod', (text) => text)),
      ...(await nearest(tree, folders, 'go.work', (text) => text)),
    ];
    const read = (line: RegExp): string | undefined =>
      files.map((text) => line.exec(text)?.[1]).find((version) => version !== undefined);
    return defined({ go: read(/^toolchain\s+go(\S+)/m) ?? read(/^go\s+(\d\S*)/m) });
  },
};

const word = z.string().optional().catch(undefined);
const packageJson = z.object({
  engines: z.object({ node: word }).optional().catch(undefined),
  volta: z.object({ node: word }).optional().catch(undefined),
  packageManager: word,
});

function packageOf(text: string): z.infer<typeof packageJson> {
  return packageJson.parse(JSON.parse(text));
}

function pythonOf(text: string): string | undefined {
  const schema = z.object({
    project: z.object({ 'requires-python': word }).optional().catch(undefined),
  });
  return schema.parse(parseToml(text)).project?.['requires-python'];
}

/** What the files of this name say, from the service outwards; one that cannot be parsed says nothing. */
async function nearest<T>(
  tree: Tree,
  folders: readonly string[],
  name: string,
  parse: (text: string) => T,
): Promise<T[]> {
  const texts = await tree.texts(folders.map((folder) => join(folder, name)));
  return [...texts.values()].flatMap((text) => {
    try {
      return [parse(text)];
    } catch {
      return [];
    }
  });
}

async function firstLine(
  tree: Tree,
  folders: readonly string[],
  names: readonly string[],
): Promise<string | undefined> {
  const files = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const texts = await tree.texts(files);
  return [...texts.values()]
    .map((text) =>
      text
        .split('\n')
        .map((line) => line.trim())
        .find((line) => line !== '' && !line.startsWith('#')),
    )
    .find((line) => line !== undefined)
    ?.replace(/^v(?=\d)/, '');
}

function defined(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
