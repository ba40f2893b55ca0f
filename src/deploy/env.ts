import { parseEnv } from 'node:util';
import { mask } from '../kit/mask.ts';

/**
 * The values of the release's environment are secrets until somebody says otherwise; short words would blank out the log.
 * They are read twice: Node knows values of several lines, but ends one at any `#`; Compose only at one behind a space.
 */
export function maskValues(env: string): void {
  const line =
    /^[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.-]*[ \t]*[=:][ \t]*(['"]?)(.+?)\1(?:[ \t]+#.*)?[ \t]*$/gm;
  const inLines = Array.from(env.matchAll(line), ([, , value]) => value);
  // A line that is no assignment, too: Compose quotes it in its error.
  const malformed = env
    .split('\n')
    .filter((text) => !/[=:]/.test(text))
    .map((text) => text.trim().replace(/^(['"])(.*)\1$/, '$2'));
  const values = [...Object.values(parseEnv(env)), ...inLines, ...malformed].flatMap(
    (value = '') => [value, value.replace(/\\(.)/g, '$1')],
  );
  for (const value of new Set(values)) if (value.length >= 8) mask(value);
}
