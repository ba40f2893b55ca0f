import { UserError } from '../kit/errors.ts';
import { type DotenvEntry, parseDotenv, valuesOf } from './dotenv.ts';
import { nearest } from './nearest.ts';
import { isPlaceholder } from './placeholder.ts';

/** What a template such as .env.production.example says of one name. */
interface Wanted {
  readonly line: number;
  readonly value: string;
  readonly mark: 'required' | 'optional' | undefined;
}

/** A template: names that an environment must have, and what their values must not be. */
export interface EnvTemplate {
  readonly file: string;
  readonly names: ReadonlyMap<string, Wanted>;
  /** Names in assignments that are commented out: known, but nobody has to set them. */
  readonly mentioned: ReadonlySet<string>;
}

/** A name that the template does not have. */
export interface UnknownName {
  readonly name: string;
  readonly line: number;
  /** The name of the template that may have been meant; the environment lacks it. */
  readonly meant: string | undefined;
}

/** A comment that is nothing but the word, and a reason behind a sign where there is one. */
const MARK = /(?:^|\s)#+\s*(required|optional)\s*(?:[-:,.;(].*)?$/i;

/**
 * Reads a template: dotenv text whose comments `# required` and `# optional`, behind a value or alone on the line above, say which
 * values may be empty or missing.
 * @throws UserError `env-invalid`
 */
export function parseTemplate(text: string, file: string): EnvTemplate {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const markOf = (line: number): Wanted['mark'] => {
    const above = lines[line - 2] ?? '';
    const found =
      MARK.exec(lines[line - 1] ?? '') ?? (/^\s*#/.test(above) ? MARK.exec(above) : null);
    return found?.[1]?.toLowerCase() as Wanted['mark'];
  };
  const entries = parseDotenv(text, file);
  const commented = text.matchAll(/^[ \t]*#[# \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/gm);
  return {
    file,
    names: new Map(
      entries
        .filter(({ name }) => name !== '')
        .map(({ name, line, value = '' }) => [name, { line, value, mark: markOf(line) }]),
    ),
    mentioned: new Set(Array.from(commented, ([, name = '']) => name)),
  };
}

/** What a comparison found. */
interface Comparison {
  readonly unknown: readonly UnknownName[];
  /** `env-incomplete`: everything that is missing, empty or a placeholder; names and lines, never a value. */
  readonly error: UserError | undefined;
}

/** Compares an environment with its template. */
export function compareWith(
  { file, names, mentioned }: EnvTemplate,
  entries: readonly DotenvEntry[],
): Comparison {
  const values = valuesOf(entries);
  const lineOf = new Map(entries.map(({ name, line }) => [name, line]));
  const absent = [...names.keys()].filter((name) => !values.has(name));
  const unknown = [...values.keys()]
    .filter((name) => name !== '' && !names.has(name) && !mentioned.has(name))
    .map((name) => ({
      name,
      line: lineOf.get(name) ?? 0,
      meant: nearest(
        name,
        [...absent, ...mentioned].filter((one) => !values.has(one)),
      ),
    }));
  const missing = absent
    .filter((name) => names.get(name)?.mark !== 'optional')
    .map((name) => {
      const typo = unknown.find(({ meant }) => meant === name);
      const hint = typo && `; line ${typo.line} of the environment sets ${typo.name}`;
      return [
        name,
        `${name} (line ${names.get(name)?.line ?? 0} of ${file}${hint ?? ''})`,
      ] as const;
    });
  const given = [...values]
    .filter(([name]) => name !== '')
    .map(([name, value]) => ({
      name,
      value,
      wanted: names.get(name),
      line: lineOf.get(name) ?? 0,
    }));
  const listed = (bad: typeof given): (readonly [string, string])[] =>
    bad.map(({ name, line }) => [name, `${name} (line ${line})`]);
  const empty = listed(given.filter(({ value, wanted }) => value === '' && mustHoldMore(wanted)));
  const placeholders = listed(
    given.filter(({ value, wanted }) => isPlaceholder(value, wanted?.value)),
  );
  const problems = [
    ['missing', missing],
    ['empty', empty],
    ['placeholder', placeholders],
  ] as const;
  if (problems.every(([, bad]) => bad.length === 0)) return { unknown, error: undefined };
  const error = new UserError({
    id: 'env-incomplete',
    message: `The environment of the release does not fulfil ${file}. ${problems
      .filter(([, bad]) => bad.length > 0)
      .map(([what, bad]) => `${what}: ${bad.map(([, where]) => where).join(', ')}`)
      .join('; ')}.`,
    value: problems.flatMap(([, bad]) => bad.map(([name]) => name)).join(', '),
    fix: `Set these in the input env. What may be left out, ${file} marks with a comment: # optional`,
  });
  return { unknown, error };
}

/** In a template, `NAME= # required` has the comment for its value: Compose takes only a # behind a space that follows a value for one. */
function mustHoldMore(wanted: Wanted | undefined): boolean {
  if (wanted === undefined || wanted.mark === 'optional') return false;
  return wanted.mark === 'required' || (wanted.value !== '' && !wanted.value.startsWith('#'));
}
