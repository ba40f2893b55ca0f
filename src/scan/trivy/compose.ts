import { cpSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { lineOf, readYaml, type Yaml } from '../../kit/yaml.ts';

/** Trivy has no checks of its own for Compose files. One literal URL each, or ncc would leave the file behind. */
const CHECKS = [
  new URL('./checks/privileged.rego', import.meta.url),
  new URL('./checks/docker-socket.rego', import.meta.url),
  new URL('./checks/host-namespace.rego', import.meta.url),
  new URL('./checks/capabilities.rego', import.meta.url),
  new URL('./checks/unconfined.rego', import.meta.url),
  new URL('./checks/image-tag.rego', import.meta.url),
];

const NAME = /^(?:docker-)?compose(?:\.[^/]+)?\.ya?ml$/;
const ELSEWHERE = /(?:^|\/)(?:node_modules|\.git|vendor)(?:\/|$)/;

/** The Compose files at or below a path, by their usual names, relative to `folder`. */
export function composeFiles(path: string): { readonly folder: string; readonly files: string[] } {
  if (statSync(path).isFile())
    return { folder: dirname(path), files: [basename(path)].filter((name) => NAME.test(name)) };
  const files = globSync('**/*.{yml,yaml}', { cwd: path, exclude: (name) => ELSEWHERE.test(name) });
  return { folder: path, files: files.filter((name) => NAME.test(basename(name))).sort() };
}

/**
 * Lays the files, and only them, out with the checks: as "yaml" Trivy would take them for nothing else, Kubernetes manifests included.
 * @returns the arguments that scan them
 */
export function composeArguments(
  { folder, files }: ReturnType<typeof composeFiles>,
  scratch: string,
): { readonly place: string; readonly args: readonly string[] } {
  const place = join(scratch, 'compose');
  for (const file of files) cpSync(join(folder, file), join(place, file), { recursive: true });
  const checks = CHECKS.map((check, index) => {
    const copy = join(scratch, 'checks', `${index}.rego`);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, readFileSync(check));
    return ['--config-check', copy];
  });
  const args = ['--misconfig-scanners', 'yaml', '--check-namespaces', 'slipway', ...checks.flat()];
  return { place, args };
}

const resultsSchema = z.looseObject({ Results: z.array(z.unknown()).nullish() });
const resultSchema = z.looseObject({
  Target: z.string(),
  Misconfigurations: z
    .array(z.looseObject({ Message: z.string(), CauseMetadata: z.looseObject({}).nullish() }))
    .nullish(),
});

/**
 * Adds what the checks have found to Trivy's own report, with the lines that only we know: a message of ours begins with the path in
 * the document.
 */
export function withCompose(report: string, found: string, folder: string): string {
  const all = resultsSchema.parse(JSON.parse(report));
  const results = (resultsSchema.parse(JSON.parse(found)).Results ?? []).map((one) => {
    const { success, data } = resultSchema.safeParse(one);
    if (!success) return one;
    const text = readFileSync(join(folder, data.Target), 'utf8');
    const yaml = readYaml(text, (why) => new Error(`${data.Target}: ${why}`));
    const found = data.Misconfigurations?.map((finding) => placed(finding, yaml));
    return { ...data, Misconfigurations: found };
  });
  return JSON.stringify({ ...all, Results: [...(all.Results ?? []), ...results] });
}

/** Path, tab, words: the path becomes a line and the name of the service. */
function placed<T extends { readonly Message: string }>(finding: T, yaml: Yaml): T {
  const [json = '', words] = finding.Message.split('\t');
  if (words === undefined) return finding;
  const path = z.array(z.union([z.string(), z.number()])).parse(JSON.parse(json));
  const line = lineOf(yaml, path);
  return {
    ...finding,
    Message: `${String(path[1])}: ${words}`,
    CauseMetadata: { StartLine: line, EndLine: line },
  };
}
