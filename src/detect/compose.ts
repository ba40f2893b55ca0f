import { basename, dirname, join, normalize } from 'node:path/posix';
import { isMap } from 'yaml';
import { z } from 'zod';
import { UserError } from '../kit/errors.ts';
import { readYaml, type Yaml } from '../kit/yaml.ts';
import { badService, found, type Found } from './found.ts';
import { interpolate } from './interpolate.ts';
import type { Tree } from './tree.ts';

/** What Compose itself looks for, the first one it finds. */
const USUAL = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const VARIANT = /^(?:docker-)?compose\.(.+)\.ya?ml$/;

/** Names of files that are for a developer's machine or a test run, not for what is released. */
export const DEVELOPMENT =
  /(?:^|[.-])(?:dev|devel|development|override|local|debug|test|tests|testing|ci|e2e|lint)(?:[.-]|$)/i;

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const pairs = z.union([z.record(z.string(), text.nullable()), z.array(text)]);
const build = z.looseObject({
  context: z.string().optional(),
  dockerfile: z.string().optional(),
  dockerfile_inline: z.string().optional(),
  target: z.string().optional(),
  args: pairs.optional(),
  platforms: z.array(z.string()).optional(),
  additional_contexts: pairs.optional(),
});
type Build = z.infer<typeof build>;
const serviceSchema = z.looseObject({
  build: z
    .preprocess(
      (given) => (typeof given === 'string' ? { context: given } : withMerges(given)),
      build,
    )
    .nullish(),
  image: z.string().nullish(),
  profiles: z.array(z.string()).nullish(),
  extends: z
    .union([
      z.string().transform((service) => ({ service, file: undefined })),
      z.object({ service: z.string(), file: z.string().optional() }),
    ])
    .nullish(),
});
const fileSchema = z.looseObject({ services: z.record(z.string(), z.unknown()).nullish() });

/**
 * The Compose files of a repository that nobody has named: the usual one, then its variants in order of their names, each over the
 * ones before it; those of developers and tests are left out.
 */
export function usualComposeFiles(tree: Tree): string[] {
  const usual = USUAL.filter((file) => tree.has(file)).slice(0, 1);
  const variants = tree.files.filter((file) => {
    const [, variant] = VARIANT.exec(file) ?? [];
    return variant !== undefined && !DEVELOPMENT.test(variant);
  });
  return [...usual, ...variants];
}

/**
 * What the Compose files build, by name of the service: later files win key by key, as with `docker compose -f`. Services that only
 * start with a profile are left out.
 * @throws UserError `compose-invalid`, `service-invalid`
 */
export async function composeBuilds(
  tree: Tree,
  files: readonly string[],
): Promise<Map<string, Found>> {
  const merged = new Map<string, Part>();
  for (const file of files) {
    for (const [name, part] of await readParts(tree, file)) {
      const before = merged.get(name);
      merged.set(name, before === undefined ? part : overlay(before, part));
    }
  }
  // Relative paths are those of the first file's folder, whichever file they stand in.
  const folder = dirname(files[0] ?? '.');
  const services = [...merged].flatMap(([name, part]): [string, Found][] => {
    if (part.build === undefined || part.profiled) return [];
    return [[name, toFound(name, part, part.build, folder)]];
  });
  return new Map(services);
}

/** What one file says about one service. */
interface Part {
  readonly build: Build | undefined;
  readonly image: string | undefined;
  readonly profiled: boolean;
  readonly origin: string;
}

function overlay(before: Part, after: Part): Part {
  const build = after.build ?? before.build;
  return {
    build: build && { ...before.build, ...after.build },
    image: after.image ?? before.image,
    profiled: before.profiled || after.profiled,
    origin: after.build === undefined ? before.origin : after.origin,
  };
}

async function readParts(tree: Tree, file: string): Promise<Map<string, Part>> {
  const content = await tree.text(file);
  if (content === undefined) throw invalid(file, 'it is not a file of this repository');
  const yaml = readYaml(content, (why, line) => invalid(at(file, line), why));
  const { data, error } = fileSchema.safeParse(yaml.data ?? {});
  if (error) throw invalid(file, 'services is not a map of services');
  const services = data.services ?? {};
  const parts = new Map<string, Part>();
  for (const name of Object.keys(services))
    parts.set(name, await readPart(tree, { file, yaml, services }, name, []));
  return parts;
}

interface ComposeFile {
  readonly file: string;
  readonly yaml: Yaml;
  readonly services: Readonly<Record<string, unknown>>;
}

/** One service with what it extends. @param seen guards against circles */
async function readPart(
  tree: Tree,
  { file, yaml, services }: ComposeFile,
  name: string,
  seen: readonly string[],
): Promise<Part> {
  const origin = at(file, lineOf(yaml, name));
  const { data, error } = serviceSchema.safeParse(withMerges(services[name]) ?? {});
  if (error) {
    const [issue] = error.issues;
    throw invalid(origin, `${name}.${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const own: Part = {
    build: data.build ?? undefined,
    image: data.image ?? undefined,
    profiled: (data.profiles ?? []).length > 0,
    origin,
  };
  if (!data.extends) return own;
  const other = data.extends.file === undefined ? file : join(dirname(file), data.extends.file);
  const key = `${other}:${data.extends.service}`;
  if (seen.includes(key)) throw invalid(origin, `${name} extends itself`);
  const holder = other === file ? { file, yaml, services } : undefined;
  const base = holder
    ? Object.hasOwn(services, data.extends.service)
      ? await readPart(tree, holder, data.extends.service, [...seen, key])
      : undefined
    : (await readParts(tree, other)).get(data.extends.service);
  return base === undefined ? own : overlay({ ...base, profiled: false }, own);
}

/** `<<: *other`, which YAML 1.2 leaves to us. */
function withMerges(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('<<' in value)) return value;
  const { '<<': merges, ...own } = value;
  const sources = (Array.isArray(merges) ? merges : [merges]).map(withMerges).reverse();
  return Object.assign({}, ...sources, own) as unknown;
}

function toFound(name: string, part: Part, build: Build, folder: string): Found {
  const { origin } = part;
  const value = (raw: string): string => {
    const resolved = interpolate(raw);
    if (resolved !== undefined) return resolved;
    throw badService(
      origin,
      `How ${name} is built depends on a variable without a value: ${raw}`,
      'Give it a default, ${NAME:-default}, or describe the service in slipway.yml.',
    );
  };
  const raw = value(build.context ?? '.');
  if (/:\/\/|^git@/.test(raw) || build.dockerfile_inline !== undefined) {
    throw badService(
      origin,
      `${name} is not built from a Dockerfile of this repository.`,
      'Put its Dockerfile into a file of this repository, or give the service an "image:" and no "build:".',
    );
  }
  const context = normalize(join(folder, raw));
  const contexts = pairsOf(build.additional_contexts).flatMap(([, path]) => {
    const to = path === undefined ? undefined : value(path);
    return to === undefined || /^[a-z-]+:\/\/|^service:/.test(to)
      ? []
      : [normalize(join(folder, to))];
  });
  const args = pairsOf(build.args).flatMap(([key, arg]): [string, string][] => {
    const known = arg === undefined ? undefined : interpolate(arg);
    return known === undefined ? [] : [[key, known]];
  });
  return found(
    name,
    context,
    normalize(join(context, value(build.dockerfile ?? 'Dockerfile'))),
    origin,
    {
      image: published(part.image === undefined ? undefined : interpolate(part.image)),
      target: build.target === undefined ? undefined : value(build.target),
      args: Object.fromEntries(args),
      platforms: (build.platforms ?? []).map(value),
      contexts,
    },
  );
}

/** An image that names a registry; any other name beside `build:` is most often one for the developer's machine. */
function published(image: string | undefined): string | undefined {
  const [first = '', ...rest] = (image ?? '').split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? image : undefined;
}

/** A map, or a list of `NAME=value`; without `=` there is no value. */
function pairsOf(given: z.infer<typeof pairs> | undefined): [string, string | undefined][] {
  if (given === undefined) return [];
  if (!Array.isArray(given))
    return Object.entries(given).map(([key, value]) => [key, value ?? undefined]);
  return given.map((pair) => {
    const [key = '', ...value] = pair.split('=');
    return [key, pair.includes('=') ? value.join('=') : undefined];
  });
}

function lineOf({ document, lines }: Yaml, name: string): number | undefined {
  const services = document.get('services', true);
  const key: unknown = isMap(services)
    ? services.items.find((item) => String(item.key) === name)?.key
    : undefined;
  const range = (key as { range?: [number, number, number] | null } | undefined)?.range;
  return range ? lines.linePos(range[0]).line : undefined;
}

function at(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}

function invalid(origin: string, why: string): UserError {
  return new UserError({
    id: 'compose-invalid',
    message: `${basename(origin)} cannot be read: ${why}`,
    value: origin,
    fix: 'Try "docker compose config", or describe the services in slipway.yml.',
  });
}
