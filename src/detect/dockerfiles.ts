import { basename, dirname, join } from 'node:path/posix';
import { DEVELOPMENT } from './compose.ts';
import { readDockerfile } from './dockerfile.ts';
import { found, type Found } from './found.ts';
import { pattern } from './pattern.ts';
import { ancestors, type Tree } from './tree.ts';

/** Folders whose Dockerfiles are somebody else's, a test's or a developer's. */
const ELSEWHERE = new Set(
  'node_modules vendor third_party fixtures __fixtures__ testdata test tests e2e example examples docs .github .devcontainer'.split(
    ' ',
  ),
);
/** Folders that say nothing about what is built in them. */
const NAMELESS = new Set(['docker', '.docker', 'build', 'deploy', 'container']);
const PRODUCTION = /^(?:prod|production|release)$/i;

/**
 * The images of a repository that nothing describes but its Dockerfiles, by name: that of the folder, or the suffix of the file
 * (`Dockerfile.worker`, `worker.Dockerfile`). In one folder `Dockerfile.prod` goes before `Dockerfile`; `Dockerfile.dev` and the like
 * are left out.
 * @param repository the name of the one in the root
 */
export async function dockerfileBuilds(tree: Tree, repository: string): Promise<Found[]> {
  const candidates = tree.files.flatMap((file) => {
    const variant = variantOf(basename(file));
    const elsewhere = ancestors(file).some((folder) => ELSEWHERE.has(basename(folder)));
    if (variant === undefined || elsewhere || DEVELOPMENT.test(variant)) return [];
    const named = variant !== '' && !PRODUCTION.test(variant);
    return [{ file, variant, name: named ? variant : folderName(file, repository) }];
  });
  // The folder's own image is made by its production file where there is one.
  const chosen = candidates.filter(
    ({ file, variant }) =>
      variant !== '' ||
      !candidates.some(
        (other) => PRODUCTION.test(other.variant) && dirname(other.file) === dirname(file),
      ),
  );
  const texts = await tree.texts(chosen.map(({ file }) => file));
  return chosen.map(({ file, name }) =>
    found(slug(name), contextOf(file, texts.get(file) ?? '', tree), file, file),
  );
}

/** What a file's name says beyond being a Dockerfile; `undefined` when it is none. */
function variantOf(name: string): string | undefined {
  if (/\.dockerignore$/i.test(name)) return undefined;
  return /^(?:Dockerfile|Containerfile)(?:[.-](.+))?$/.exec(name)
    ? name.replace(/^(?:Dockerfile|Containerfile)[.-]?/, '')
    : /^(.+)\.(?:Dockerfile|dockerfile)$/.exec(name)?.[1];
}

function folderName(file: string, repository: string): string {
  const folder = ancestors(file)
    .map((path) => basename(path))
    .findLast((name) => !NAMELESS.has(name));
  return folder ?? repository;
}

/** A name that slipway.yml and the matrix take. */
function slug(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'app';
}

/**
 * The folder that a Dockerfile is meant to be built from: of its own and those around it, the one that holds most of what it copies;
 * the nearest of equals.
 */
function contextOf(file: string, text: string, tree: Tree): string {
  const sources = readDockerfile(text, {}).sources ?? [];
  const folders = [...ancestors(file).reverse(), '.'];
  const held = (folder: string): number =>
    sources.filter((source) => {
      const path = join(folder, source);
      if (!/[*?[\\]/.test(source)) return tree.has(path) || tree.hasFolder(path);
      return tree.files.some(pattern(path).covers);
    }).length;
  const counts = folders.map((folder) => ({ folder, count: held(folder) }));
  const most = Math.max(...counts.map(({ count }) => count));
  return counts.find(({ count }) => count === most)?.folder ?? '.';
}
