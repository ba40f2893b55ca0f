import { UserError } from '../kit/errors.ts';
import { interpolate, InterpolationError, type Lookup } from './interpolate.ts';

/** One assignment of a dotenv text. */
export interface DotenvEntry {
  readonly name: string;
  /** Undefined for a name that stands alone: Compose takes its value from the environment around it, or leaves it unset. */
  readonly value: string | undefined;
  /** The value as it was written, without the quotes around it. */
  readonly written: string;
  /** Where it begins, from 1. */
  readonly line: number;
  /** Whether the value refers to a variable that is not set. */
  readonly unset: boolean;
}

/** What Go calls a space; JavaScript's \s lacks U+0085 and has U+FEFF. */
const SPACE = String.raw`[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const LEADING = new RegExp(`^${SPACE}+`);
const ONE_SPACE = new RegExp(SPACE);
/** Quoted values: a backslash takes what stands behind it along. */
const DOUBLE = /^"((?:[^"\\]|\\[^])*)"/;
const SINGLE = /^'((?:[^'\\]|\\[^])*)'/;
/** Within a line, around names and before values, fewer characters are spaces. */
const INNER = String.raw`[\t\v\f\r \u0085\u00a0]`;
const INDENT = new RegExp(`^${INNER}+`);
const NAME = new RegExp(`^(?:${INNER}|[\\p{L}\\p{N}_.[\\]-])*`, 'u');

/**
 * Reads dotenv text as `docker compose --env-file` does: to the same names and values, or to an error where that has one. Entries
 * stand in the order of the text; of several with one name the last holds (see `valuesOf`).
 * Source: the rules of github.com/compose-spec/compose-go/v2 v2.9.1, package dotenv; tests compare with the real Compose.
 * @param source what the error calls the text, e.g. `the input env`
 * @param outside variables of the environment that Compose runs in, which win over the text's own
 * @throws UserError `env-invalid`, which names the line and never holds anything of a value
 */
export function parseDotenv(
  text: string,
  source: string,
  outside: Lookup = () => undefined,
): DotenvEntry[] {
  const known = new Map<string, string>();
  const entries: DotenvEntry[] = [];
  const all = text.replace(/^\ufeff/, '');
  let rest = all;
  const lineAt = lineCounter(all);
  const lookup: Lookup = (name) => outside(name) ?? known.get(name);
  for (;;) {
    rest = rest.replace(LEADING, '');
    if (rest === '') return entries;
    if (rest.startsWith('#')) {
      rest = rest.slice(lengthOfLine(rest));
      continue;
    }
    const line = lineAt(all.length - rest.length);
    const refuse = (why: string): UserError => invalid(source, line, why);
    if (/^export[\t\n\f\r ]/.test(rest)) rest = rest.slice('export'.length).replace(INDENT, '');
    const head = NAME.exec(rest)?.[0] ?? '';
    const separator = rest[head.length] ?? '';
    if (separator !== '' && !'=:\n'.includes(separator))
      throw refuse('has a character that a name cannot have');
    // Without any separator up to the end, the reference takes all of it for the value of no name.
    const name = separator === '' ? '' : trimEnd(head);
    if (name.includes(' ')) throw refuse('has a space in its name');
    if (separator !== '') rest = rest.slice(head.length + 1).replace(INDENT, '');
    if (separator === '\n') {
      const value = lookup(name);
      if (value !== undefined) known.set(name, value);
      entries.push({ name, value, written: '', line, unset: false });
      continue;
    }
    const { written, template, length } = readValue(rest, refuse);
    rest = rest.slice(length);
    try {
      const { text: value, unset } =
        template === undefined ? { text: written, unset: false } : interpolate(template, lookup);
      known.set(name, value);
      entries.push({ name, value, written, line, unset });
    } catch (error) {
      if (error instanceof InterpolationError) throw refuse(error.message);
      throw error;
    }
  }
}

/** The value that holds for each name. */
export function valuesOf(entries: readonly DotenvEntry[]): Map<string, string> {
  return new Map(
    entries.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
  );
}

interface Value {
  readonly written: string;
  /** What is to be interpolated; undefined for a value in single quotes, which stands for itself. */
  readonly template: string | undefined;
  /** How much of the text it took. */
  readonly length: number;
}

function readValue(rest: string, refuse: (why: string) => UserError): Value {
  const quote = rest[0];
  if (quote !== '"' && quote !== "'") {
    const length = lengthOfLine(rest);
    const written = trimEnd(rest.slice(0, length).split(' #', 1)[0] ?? '');
    return { written, template: written, length: length + 1 };
  }
  const [whole, inside] = (quote === '"' ? DOUBLE : SINGLE).exec(rest) ?? [];
  if (whole === undefined || inside === undefined) throw refuse('has a quote that is never closed');
  const written = inside.replaceAll(`\\${quote}`, quote);
  return {
    written,
    template: quote === '"' ? unescape(written) : undefined,
    length: whole.length,
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' },
  // What is interpolated next makes one of two.
  $: '$$',
};

/** The escapes of a value in double quotes; those that the reference cannot read stay, but lose the 0 of an octal number. */
function unescape(text: string): string {
  return text.replace(
    /\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g,
    (match, letter?: string, digits = '') => {
      if (letter !== undefined) return ESCAPES[letter] ?? match;
      const code = /^[0-3][0-7]{2}$/.test(digits as string)
        ? parseInt(digits as string, 8)
        : undefined;
      return code === undefined ? `\\${digits as string}` : String.fromCharCode(code);
    },
  );
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ONE_SPACE.test(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
}

/** Up to the end of the line, without its line break. */
function lengthOfLine(text: string): number {
  const end = text.indexOf('\n');
  return end === -1 ? text.length : end;
}

/** Gives the number of the line at an offset; offsets only ever grow. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let seen = 0;
  return (offset) => {
    for (
      let at = text.indexOf('\n', seen);
      at !== -1 && at < offset;
      at = text.indexOf('\n', seen)
    ) {
      line += 1;
      seen = at + 1;
    }
    return line;
  };
}

function invalid(source: string, line: number, why: string): UserError {
  return new UserError({
    id: 'env-invalid',
    message: `Line ${line} of ${source} ${why}.`,
    value: `line ${line}`,
    fix: "Write one NAME=value a line. A value of several lines, or with a # or $ of its own, stands in single quotes: NAME='value'.",
  });
}
