import { normalize } from 'node:path/posix';

/**
 * Docker's patterns of paths, as .dockerignore and COPY have them: Go's filepath.Match, and `**` for any number of folders.
 * Source: https://github.com/moby/patternmatcher
 */
export interface Pattern {
  /** The pattern means exactly this path. */
  readonly is: (path: string) => boolean;
  /** It means this path or a folder that the path lies in. */
  readonly covers: (path: string) => boolean;
}

/** @param text cleaned already, see {@link clean}; `.` covers everything */
export function pattern(text: string): Pattern {
  if (text === '.') return { is: () => false, covers: () => true };
  const source = expression(text);
  const exact = new RegExp(`^${source}$`, 's');
  const prefix = new RegExp(`^${source}(?:/|$)`, 's');
  return { is: (path) => exact.test(path), covers: (path) => prefix.test(path) };
}

/** Leads a path back to the root of its tree: `./a//b/../c/` and `/a/c` are `a/c`; what climbs out of the root is cut off, as Docker does. */
export function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/') || '.';
}

function expression(text: string): string {
  let source = '';
  for (let at = 0; at < text.length; at += 1) {
    const rest = text.slice(at);
    const [token, translated] = next(rest);
    source += translated;
    at += token.length - 1;
  }
  return source;
}

/** The first token of a pattern, and what it is as a regular expression. */
function next(rest: string): readonly [string, string] {
  if (rest === '**') return [rest, '.*'];
  const [folders] = /^\*\*\/?/.exec(rest) ?? [];
  if (folders !== undefined) return [folders, '(?:.*/)?'];
  if (rest.startsWith('*')) return ['*', '[^/]*'];
  if (rest.startsWith('?')) return ['?', '[^/]'];
  const [group, not, members] = /^\[(\^?)((?:\\.|[^\]\\])+)\]/s.exec(rest) ?? [];
  if (group !== undefined && members !== undefined)
    return [group, `(?!/)[${not ?? ''}${members.replace(/\[/g, '\\[')}]`];
  const [escaped] = /^\\./s.exec(rest) ?? [];
  if (escaped !== undefined) return [escaped, literal(escaped.slice(1))];
  const char = rest.slice(0, 1);
  return [char, literal(char)];
}

function literal(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/**
 * Which files of a context the builder never sees.
 * @param text of .dockerignore: the last line that covers a path decides, `!` takes it back
 */
export function ignoreRules(text: string): (path: string) => boolean {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .flatMap((line) => {
      const keeps = line.startsWith('!');
      const path = (keeps ? line.slice(1) : line).trim();
      // As in Docker, the root itself means nothing here, nor does what lies outside.
      const means = clean(path) !== '.' && !normalize(path).startsWith('..');
      return means ? [{ keeps, ...pattern(clean(path)) }] : [];
    });
  return (path) =>
    rules.reduce((ignored, rule) => (rule.covers(path) ? !rule.keeps : ignored), false);
}
