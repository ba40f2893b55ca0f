import { UserError } from '../../kit/errors.ts';

/** What the names in a template stand for. */
export type Values = Readonly<Record<string, string>>;

/** The tokens of `{{date 'YYYYMMDD'}}`, in UTC: where each stands in an ISO date. */
const TOKENS: Readonly<Record<string, readonly [number, number]>> = {
  YYYY: [0, 4],
  MM: [5, 7],
  DD: [8, 10],
  HH: [11, 13],
  mm: [14, 16],
  ss: [17, 19],
};

/**
 * Fills in `{{version}}`, `{{date 'YYYYMMDD'}}`, ...
 * @param dates the names that take a format, as milliseconds since the epoch
 * @throws UserError `bad-tag-template`
 */
export function fill(
  template: string,
  values: Values,
  dates: Readonly<Record<string, number>>,
): string {
  return template.replaceAll(/\{\{\s*(.*?)\s*\}\}/g, (whole, inside: string) => {
    const [, name = '', format] = /^(\w+)(?:\s+'([^']*)')?$/.exec(inside) ?? [];
    if (format === undefined && Object.hasOwn(values, name)) return values[name] ?? '';
    const time = Object.hasOwn(dates, name) ? dates[name] : undefined;
    if (format !== undefined && time !== undefined) return formatted(format, time);
    throw new UserError({
      id: 'bad-tag-template',
      message: 'A template in the rules for tags holds something unknown.',
      value: whole,
      fix: `Use one of ${Object.keys(values)
        .map((known) => `{{${known}}}`)
        .join(' ')}, or ${Object.keys(dates)
        .map((known) => `{{${known} 'YYYYMMDD'}}`)
        .join(' ')}.`,
    });
  });
}

function formatted(format: string, time: number): string {
  const iso = new Date(time).toISOString();
  return format.replaceAll(/YYYY|MM|DD|HH|mm|ss/g, (token) => iso.slice(...(TOKENS[token] ?? [])));
}
