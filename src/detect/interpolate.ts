const VARIABLE = /\$(?:(\$)|[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?([-?+])((?:[^{}]|\{[^{}]*\})*))?\})/g;

/**
 * Compose's interpolation with no variable set, so by the defaults alone; `undefined` where one has none. The environment of the job
 * is left out on purpose: a pull request could have any secret of it written into the matrix.
 * Source: https://docs.docker.com/reference/compose-file/interpolation/
 */
export function interpolate(raw: string): string | undefined {
  const open: string[] = [];
  const text = raw.replace(VARIABLE, (whole, dollar?: string, operator?: string, word?: string) => {
    if (dollar !== undefined) return '$';
    if (operator === '+') return '';
    const fallback = operator === '-' ? interpolate(word ?? '') : undefined;
    if (fallback === undefined) open.push(whole);
    return fallback ?? '';
  });
  return open.length === 0 ? text : undefined;
}
