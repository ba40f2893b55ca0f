/** Where values of `${VARIABLES}` come from. */
export type Variables = Readonly<Record<string, string | undefined>>;

const VARIABLE =
  /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\})/g;

/**
 * Compose's interpolation; `undefined` when a variable has neither value nor default.
 * Source: https://docs.docker.com/reference/compose-file/interpolation/
 */
export function interpolate(raw: string, variables: Variables): string | undefined {
  let open = false;
  const result = raw.replace(
    VARIABLE,
    (_, dollar?: string, plain?: string, braced?: string, operator?: string, word = '') => {
      if (dollar !== undefined) return '$';
      const value = variables[plain ?? braced ?? ''];
      const isSet = value !== undefined && (value !== '' || !operator?.startsWith(':'));
      const other = (): string => interpolate(String(word), variables) ?? ((open = true), '');
      if (operator?.endsWith('+')) return isSet ? other() : '';
      if (isSet) return value;
      if (operator?.endsWith('-')) return other();
      open = true;
      return '';
    },
  );
  return open ? undefined : result;
}
