import { stripVTControlCharacters } from 'node:util';

/**
 * One line of somebody else's output, made harmless for a GitHub log: no control characters, and no `##[`, which the runner obeys
 * anywhere in a line. It also obeys `::` at the start of a line, so print the result behind a label, never alone.
 * Source: actions/runner, ActionCommand.cs (TryParse, TryParseV2).
 */
export function safeLine(text: string): string {
  return (
    stripVTControlCharacters(text)
      // eslint-disable-next-line no-control-regex -- control characters are what is removed
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
      .replaceAll('##[', '## [')
  );
}

/** The last `count` non-empty lines of a text. */
export function lastLines(text: string, count: number): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
}

/** `2 hosts`, `1 host`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
