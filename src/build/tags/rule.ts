import { UserError } from '../../kit/errors.ts';

/** The kinds of docker/metadata-action that are known here, with the attributes that each takes and their defaults; the first
 * number is the priority: the rule with the highest one names the version. */
const KINDS = {
  schedule: { priority: '1000', pattern: 'nightly' },
  semver: { priority: '900', pattern: '', value: '' },
  match: { priority: '800', pattern: '', group: '0', value: '' },
  edge: { priority: '700', branch: undefined },
  ref: { priority: '600', event: '' },
  raw: { priority: '200', value: '' },
  sha: { priority: '100', format: 'short', prefix: 'sha-' },
} as const;

type Kind = keyof typeof KINDS;

/** What each kind cannot do without. */
const NEEDED: Readonly<Partial<Record<Kind, string>>> = {
  semver: 'pattern',
  match: 'pattern',
  ref: 'event',
  raw: 'value',
};

const COMMON = ['type', 'enable', 'priority', 'prefix', 'suffix'];

/** One line of the input `tags`. */
export interface Rule {
  readonly kind: Kind;
  readonly priority: number;
  /** `true`, `false` or a template that gives one of them. */
  readonly enable: string;
  /** Templates; undefined where the flavor's holds. */
  readonly prefix: string | undefined;
  readonly suffix: string | undefined;
  /** What this kind takes beyond that. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** What holds for all tags, by the input `flavor`. */
export interface Flavor {
  readonly latest: 'auto' | 'true' | 'false';
  readonly prefix: string;
  readonly suffix: string;
  /** What `latest` itself is called. */
  readonly latestName: string;
}

/**
 * Reads a line such as `type=semver,pattern={{version}}`; one without `type=` is a tag by itself.
 * @throws UserError `bad-tag-rule`
 */
export function parseRule(line: string): Rule {
  const given = attributesOf(/(^|,)\s*type=/.test(line) ? line : `type=raw,value=${line}`, line);
  const kind = given.type ?? '';
  if (!isKind(kind)) throw badRule(line, `type is one of ${Object.keys(KINDS).join(', ')}`);
  const { priority: usual, ...defaults } = KINDS[kind] as Readonly<
    Record<string, string | undefined>
  >;
  const unknown = Object.keys(given).find((key) => !COMMON.includes(key) && !(key in defaults));
  if (unknown !== undefined) throw badRule(line, `type=${kind} knows no ${unknown}`);
  const attributes: Rule['attributes'] = { ...defaults, ...given };
  const needed = NEEDED[kind];
  if (needed !== undefined && given[needed] === undefined)
    throw badRule(line, `type=${kind} needs ${needed}=...`);
  if (kind === 'ref' && !['branch', 'tag', 'pr'].includes(attributes.event ?? ''))
    throw badRule(line, 'event is branch, tag or pr');
  if (kind === 'sha' && !['short', 'long'].includes(attributes.format ?? ''))
    throw badRule(line, 'format is short or long');
  if (kind === 'match' && regExp(attributes.pattern ?? '') === undefined)
    throw badRule(line, 'pattern is not a regular expression');
  const priority = given.priority ?? usual ?? '';
  if (!/^\d+$/.test(priority)) throw badRule(line, 'priority is a whole number');
  const pull = kind === 'ref' && attributes.event === 'pr' ? 'pr-' : undefined;
  return {
    kind,
    priority: Number(priority),
    enable: given.enable ?? 'true',
    prefix: attributes.prefix ?? pull,
    suffix: attributes.suffix,
    attributes,
  };
}

/**
 * Reads the lines of `flavor`: `latest=auto`, `prefix=`, `suffix=`, each with `,onlatest=true` if it holds for `latest` as well.
 * @throws UserError `bad-tag-rule`
 */
export function parseFlavor(lines: readonly string[]): Flavor {
  const all = { latest: 'auto', prefix: '', suffix: '' };
  const onLatest = { prefix: '', suffix: '' };
  for (const line of lines) {
    const { onlatest, ...given } = attributesOf(line, line);
    const unknown = Object.keys(given).find((key) => !Object.hasOwn(all, key));
    if (unknown !== undefined) throw badRule(line, `flavor knows no ${unknown}`);
    Object.assign(all, given);
    if (onlatest === 'true') Object.assign(onLatest, given);
  }
  const { latest, prefix, suffix } = all;
  if (latest !== 'auto' && latest !== 'true' && latest !== 'false')
    throw badRule(`latest=${latest}`, 'latest is auto, true or false');
  return { latest, prefix, suffix, latestName: `${onLatest.prefix}latest${onLatest.suffix}` };
}

/** `a=b,c="d,e"`: comma-separated, with the quotes of CSV around what holds a comma. */
function attributesOf(text: string, line: string): Record<string, string> {
  const fields = text.match(/("[^"]*"|[^",])+/g) ?? [];
  return Object.fromEntries(
    fields.map((field) => {
      const at = field.indexOf('=');
      if (at < 1) throw badRule(line, `${field.trim()} is not name=value`);
      return [
        field.slice(0, at).replaceAll('"', '').trim().toLowerCase(),
        field
          .slice(at + 1)
          .replaceAll('"', '')
          .trim(),
      ];
    }),
  );
}

/** `/v(.+)/i`, or the expression alone. */
export function regExp(pattern: string): RegExp | undefined {
  const [, body = pattern, flags = ''] = /^\/(.+)\/(.*)$/.exec(pattern) ?? [];
  try {
    return new RegExp(body, flags);
  } catch {
    return undefined;
  }
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

/** A line of `tags` or `flavor` that says nothing that can be done. */
export function badRule(line: string, why: string): UserError {
  return new UserError({
    id: 'bad-tag-rule',
    message: `A rule for tags does not fit: ${why}.`,
    value: line,
    fix: 'Write rules as for docker/metadata-action, for example type=semver,pattern={{version}} or type=ref,event=branch.',
  });
}
