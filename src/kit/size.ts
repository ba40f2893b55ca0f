import { UserError } from './errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  kiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/**
 * Reads a size such as `500MB` into bytes.
 * @throws UserError `bad-size`
 */
export function parseSize(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s?((?:[kMG]i?)?B)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor !== undefined) return Number(amount) * factor;
  throw new UserError({
    id: 'bad-size',
    message: 'This is not a size.',
    value: text,
    fix: 'Write a number and a unit, for example 500MB or 1.5GiB.',
  });
}

/** `0.4 MB`, `123.4 MB`, `1.23 GB`: a size for people. */
export function formatSize(bytes: number): string {
  return Math.abs(bytes) >= 1e9
    ? `${(bytes / 1e9).toFixed(2)} GB`
    : `${(bytes / 1e6).toFixed(1)} MB`;
}
