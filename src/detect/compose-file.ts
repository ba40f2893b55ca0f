import { basename, dirname, join } from 'node:path/posix';
import { isMap } from 'yaml';
import { z } from 'zod';
import { UserError } from '../kit/errors.ts';
import { readYaml, type Yaml } from '../kit/yaml.ts';
import type { Tree } from './tree.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** A map, or a list of `NAME=value`; without a value it is null. */
const pairs = z.union([
  z.record(z.string(), text.nullable()),
  z.array(text).transform((list) =>
    Object.fromEntries(
      list.map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [name, pair.includes('=') ? value.join('=') : null];
      }),
    ),
  ),
]);
const buildSchema = z.looseObject({
  context: z.string().optional(),
  dockerfile: z.string().optional(),
  dockerfile_inline: z.string().optional(),
  target: z.string().optional(),
  args: pairs.optional(),
  platforms: z.array(z.string()).optional(),
  additional_contexts: pairs.optional(),
});
const serviceSchema = z.looseObject({
  build: z
    .preprocess(
      (given) => (typeof given === 'string' ? { context: given } : withMerges(given)),
      buildSchema,
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

/** The section `build:` of a service. */
export type Build = z.infer<typeof buildSchema>;

/** What Compose files say about one service, as far as it matters here. */
export interface ComposeService {
  readonly build: Build | undefined;
  readonly image: string | undefined;
  /** Whether it only starts with a profile. */
  readonly profiled: boolean;
  /** File and line. */
  readonly origin: string;
}

/** One description over another: keys win one by one, as in Compose. */
export function overlay(before: ComposeService, after: ComposeService): ComposeService {
  const args = { ...before.build?.args, ...after.build?.args };
  return {
    build: (after.build ?? before.build) && { ...before.build, ...after.build, args },
    image: after.image ?? before.image,
    profiled: before.profiled || after.profiled,
    origin: after.build === undefined ? before.origin : after.origin,
  };
}

/**
 * The services of one Compose file, with what they extend.
 * @throws UserError `compose-invalid`
 */
export async function readComposeFile(
  tree: Tree,
  name: string,
): Promise<Map<string, ComposeService>> {
  const file = await openFile(tree, name);
  const services = new Map<string, ComposeService>();
  for (const service of Object.keys(file.services))
    services.set(service, await readService(tree, file, service, []));
  return services;
}

interface ComposeFile {
  readonly name: string;
  readonly yaml: Yaml;
  readonly services: Readonly<Record<string, unknown>>;
}

async function openFile(tree: Tree, name: string): Promise<ComposeFile> {
  const content = await tree.text(name);
  if (content === undefined) throw invalid(name, 'it is not a file of this repository');
  const yaml = readYaml(content, (why, line) => invalid(at(name, line), why));
  const { data, error } = fileSchema.safeParse(yaml.data ?? {});
  if (error) throw invalid(name, 'services is not a map of services');
  return { name, yaml, services: data.services ?? {} };
}

/** @param above what extends this service already, against circles */
async function readService(
  tree: Tree,
  file: ComposeFile,
  name: string,
  above: readonly string[],
): Promise<ComposeService> {
  const origin = at(file.name, lineOf(file.yaml, name));
  const key = `${file.name}:${name}`;
  if (above.includes(key)) throw invalid(origin, `${name} extends itself`);
  const given = Object.hasOwn(file.services, name) ? file.services[name] : undefined;
  const { data, error } = serviceSchema.safeParse(withMerges(given) ?? {});
  if (error) {
    const [issue] = error.issues;
    throw invalid(origin, `${name}.${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const own: ComposeService = {
    build: data.build ?? undefined,
    image: data.image ?? undefined,
    profiled: (data.profiles ?? []).length > 0,
    origin,
  };
  if (!data.extends) return own;
  const { service, file: elsewhere } = data.extends;
  const other =
    elsewhere === undefined ? file : await openFile(tree, join(dirname(file.name), elsewhere));
  const base = await readService(tree, other, service, [...above, key]);
  const build = base.build && rebase(base.build, dirname(elsewhere ?? '.'));
  return overlay({ ...base, build, profiled: false }, own);
}

/** What another file calls by its relative path, from the folder of this one. */
function rebase(build: Build, folder: string): Build {
  const { context = '.' } = build;
  return /:\/\/|^git@|^\//.test(context) ? build : { ...build, context: join(folder, context) };
}

/** `<<: *other`, which YAML 1.2 leaves to us. */
function withMerges(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('<<' in value)) return value;
  const { '<<': merges, ...own } = value;
  const sources = (Array.isArray(merges) ? merges : [merges]).map(withMerges).reverse();
  return Object.assign({}, ...sources, own) as unknown;
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
