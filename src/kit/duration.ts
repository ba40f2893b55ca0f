import { UserError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a duration such as `500ms`, `2s`, `1m30s` (Go's notation, as Compose uses it) into milliseconds.
 * @param name what is being read, for the error
 * @throws UserError `bad-duration`
 */
export function parseDuration(text: string, name: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    throw new UserError({
      id: 'bad-duration',
      message: `${name} is not a duration.`,
      value: text,
      fix: 'Write a number and a unit, for example 500ms, 30s, 5m or 1m30s.',
    });
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  }
  return total;
}

/** `0.4 s`, `12.3 s`, `2 m 05 s`: how long something took, for people. */
export function formatDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}
