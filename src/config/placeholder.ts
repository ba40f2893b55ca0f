/** What stands for a value in a template, found within a longer one: `postgres://app:changeme@db`, `sk-xxxx`, `https://<domain>`. */
const WITHIN = [
  /(?<![a-z0-9])(?:change|replace)[-_]?(?:me|this)(?![a-z0-9])/gi,
  /(?<![a-z0-9])your[-_][a-z0-9_-]+/gi,
  // A mail address in brackets is none, nor is HTML: Shop <shop@example.com>, <b>Hello</b>.
  /<[^<>@/]+>(?![^]*<\/)/g,
  /(?<![a-z0-9])x{3,}(?![a-z0-9])/gi,
  /(?<![a-z0-9])(?:TODO|FIXME|TBD)(?![a-z0-9])/g,
];

/** What is a placeholder wherever it comes from: nothing else is left of the value. A team may well call its application `todo`. */
const WHOLE = [
  /^(?:change|replace)[-_ ]?(?:me|this)$/i,
  /^your[-_ ](?:[a-z0-9]+[-_ ])*(?:key|token|secret|pass|passwd|password|id|user|username|name|e?mail|domain|host|hostname|url|uri|value|account|here)$/i,
  /^<[^<>@/]+>$/,
  /^x{3,}$/i,
  /^(?:TODO|FIXME|TBD)$/,
];

/**
 * Whether a value waits to be replaced. It does when it is nothing but a placeholder, when it has kept one of the template's value,
 * or when it is the template's value and calls itself an example. A value that is merely the template's, such as a port, is good.
 * @param template the value in the template, undefined where that lacks the name
 */
export function isPlaceholder(value: string, template: string | undefined): boolean {
  if (WHOLE.some((pattern) => pattern.test(value.trim()))) return true;
  if (template === undefined) return false;
  // In a template, `NAME= # required` has the comment for its value.
  if (value === template && /^#|(?<![a-z0-9])example(?![a-z0-9])/i.test(value)) return true;
  return WITHIN.some((pattern) => {
    const kept = new Set(value.match(pattern));
    return template.match(pattern)?.some((token) => kept.has(token)) ?? false;
  });
}
