import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAbsolute, normalize } from 'node:path/posix';
import { parse } from 'smol-toml';
import { messageOf, UserError } from '../../kit/errors.ts';
import type { History } from './history.ts';

/** The configuration that counts when it is there; any other must be. */
export const USUAL_CONFIG = '.gitleaks.toml';
const IGNORE = '.gitleaksignore';

/** Where the rules are taken from. Paths are relative to the root of the repository. */
export interface RuleSource {
  readonly commit: string;
  /** The commit is the one that a change wants to go onto: a change must not silence its own scan. */
  readonly isBase: boolean;
  readonly config: string;
  readonly baseline: string | undefined;
}

/** The rules as files for gitleaks. */
export interface Rules {
  /** Holds nothing but these files. gitleaks runs here, so that a path in its configuration leads to them or nowhere. */
  readonly folder: string;
  /** Undefined for gitleaks' own rules. */
  readonly config: string | undefined;
  /** Its path in the repository. */
  readonly configName: string;
  /** Always there. */
  readonly ignore: string;
  /** The text of the baseline. */
  readonly baseline: string | undefined;
  /** In words, for the summary. */
  readonly origin: string;
}

/**
 * Puts the rules of a commit into a folder.
 * @param scratch a private folder
 * @throws UserError `gitleaks-rules-missing` or `gitleaks-rules-invalid`
 */
export async function gatherRules(
  source: RuleSource,
  history: History,
  scratch: string,
): Promise<Rules> {
  const folder = join(scratch, 'rules');
  mkdirSync(folder);
  const { commit } = source;
  const config = await placeConfig(source, history, folder);
  const ignored = await history.file(commit, IGNORE);
  const ignore = join(folder, IGNORE);
  writeFileSync(ignore, ignored ?? '');
  const baseline =
    source.baseline === undefined ? undefined : await wanted(source.baseline, source, history);
  const files = [
    config === undefined ? "gitleaks' own rules" : source.config,
    ...(ignored === undefined ? [] : [IGNORE]),
    ...(baseline === undefined ? [] : [source.baseline]),
  ];
  const place = source.isBase ? 'the base branch' : 'the commit';
  const origin = `${files.join(', ')} of ${place} (${commit.slice(0, 7)})`;
  return { folder, config, configName: source.config, ignore, baseline, origin };
}

/** Writes the configuration, and those that it extends, where gitleaks looks for them. Gives back the path of the first. */
async function placeConfig(
  source: RuleSource,
  history: History,
  folder: string,
): Promise<string | undefined> {
  const text =
    source.config === USUAL_CONFIG
      ? await history.file(source.commit, USUAL_CONFIG)
      : await wanted(source.config, source, history);
  if (text === undefined) return undefined;
  const place = (path: string, content: string): string => {
    const at = join(folder, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, content);
    return at;
  };
  const seen = new Set([source.config]);
  let [path, content] = [source.config, text];
  for (;;) {
    const next = extended(content, path);
    if (next === undefined || seen.has(next)) break;
    [path, content] = [next, await required(next, source, history)];
    seen.add(path);
    place(path, content);
  }
  return place(source.config, text);
}

/**
 * The file that a configuration builds on. Keys are read in any case, as gitleaks does.
 * @throws UserError `gitleaks-rules-invalid`
 */
function extended(text: string, path: string): string | undefined {
  let config: unknown;
  try {
    config = parse(text);
  } catch (error) {
    throw invalid(path, messageOf(error).split('\n')[0] ?? '');
  }
  const next = valueOf(valueOf(config, 'extend'), 'path');
  if (typeof next !== 'string' || next === '') return undefined;
  const plain = normalize(next);
  if (isAbsolute(plain) || plain === '..' || plain.startsWith('../'))
    throw invalid(path, `it extends ${next}, which is not in the repository`);
  return plain;
}

function valueOf(table: unknown, name: string): unknown {
  if (typeof table !== 'object' || table === null) return undefined;
  return Object.entries(table).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** What an input names. A change may bring it along; until then the stricter rules without it count. */
async function wanted(
  path: string,
  source: RuleSource,
  history: History,
): Promise<string | undefined> {
  return source.isBase ? history.file(source.commit, path) : required(path, source, history);
}

/** @throws UserError `gitleaks-rules-missing` */
async function required(path: string, { commit }: RuleSource, history: History): Promise<string> {
  const text = await history.file(commit, path);
  if (text !== undefined) return text;
  throw new UserError({
    id: 'gitleaks-rules-missing',
    message: `The commit ${commit.slice(0, 7)} has no such file.`,
    value: path,
    fix: 'Give a path from the root of the repository, and commit the file: what only lies in the workspace does not count.',
  });
}

/** What is wrong with gitleaks' configuration. */
export function invalid(path: string, why: string): UserError {
  return new UserError({
    id: 'gitleaks-rules-invalid',
    message: `gitleaks cannot use its configuration: ${why}`,
    value: path,
    fix: "Mend the file; on a pull request it is the base branch's that counts.",
  });
}
