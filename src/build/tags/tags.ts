import semver from 'semver';
import type { GitEvent } from '../event.ts';
import { badRule, type Flavor, regExp, type Rule } from './rule.ts';
import { fill, type Values } from './template.ts';

/** What tags are computed from. */
export interface TagContext {
  readonly event: GitEvent;
  /** The commit that is built. */
  readonly commit: string;
  /** Its time, and the time now, in milliseconds. */
  readonly commitTime: number;
  readonly now: number;
  /** Told about a rule that gives nothing where it should. */
  readonly warn: (text: string) => void;
}

/** The names of one image. */
export interface Tags {
  /** What the rule with the highest priority calls it, e.g. `1.2.0`, `main`, `pr-7`; undefined without any tag. */
  readonly version: string | undefined;
  /** All, most telling first. */
  readonly names: readonly string[];
}

/** Without the input `tags`: version, minor and (from 1.0 on) major version of a tag, branch, pull request, the full commit. */
export function defaultRules({ ref }: GitEvent): string[] {
  return [
    'type=semver,pattern={{version}}',
    'type=semver,pattern={{major}}.{{minor}}',
    // Below 1.0 every minor version may break.
    `type=semver,pattern={{major}},enable=${!/^refs\/tags\/v?0\./.test(ref)}`,
    'type=ref,event=branch',
    'type=ref,event=pr',
    'type=sha,format=long',
  ];
}

/** What a rule says of an event: a name, and whether `latest=auto` makes it the latest. */
interface Name {
  readonly name: string;
  readonly latest: boolean;
}

/**
 * Computes the names as docker/metadata-action does: rules by priority, equal names once, and `latest` when the first rule that
 * speaks says so. Source: https://github.com/docker/metadata-action, src/meta.ts.
 * @throws UserError `bad-tag-template`, `bad-tag-rule`
 */
export function tagsOf(rules: readonly Rule[], flavor: Flavor, context: TagContext): Tags {
  const names = rules
    .toSorted((a, b) => b.priority - a.priority)
    .flatMap((rule) => {
      const filled = filler(context);
      const enabled = filled(rule.enable);
      if (enabled === 'false') return [];
      if (enabled !== 'true') throw badRule(`enable=${enabled}`, 'enable is true or false');
      const name = nameBy(rule, context, filled);
      if (name === undefined) return [];
      const { prefix = flavor.prefix, suffix = flavor.suffix } = rule;
      const whole = valid(`${filled(prefix)}${name.name}${filled(suffix)}`);
      return name.name === '' || whole === '' ? [] : [{ ...name, name: whole }];
    });
  const [first] = names;
  const latest = flavor.latest === 'auto' ? first?.latest === true : flavor.latest === 'true';
  return {
    version: first?.name,
    names: [
      ...new Set([
        ...names.map(({ name }) => name),
        ...(latest && first ? [valid(filler(context)(flavor.latestName))] : []),
      ]),
    ],
  };
}

type Fill = (template: string, more?: Values) => string;

function filler({ event, commit, commitTime, now }: TagContext): Fill {
  const branch = short(event.ref, 'refs/heads/');
  const values = {
    branch: branch ?? '',
    tag: short(event.ref, 'refs/tags/') ?? '',
    base_ref: event.baseRef ?? '',
    is_default_branch: String(branch !== undefined && branch === event.defaultBranch),
    sha: commit.slice(0, 7),
  };
  return (template, more = {}) =>
    fill(template, { ...values, ...more }, { date: now, commit_date: commitTime });
}

function nameBy(
  { kind, attributes }: Rule,
  { event, commit, warn }: TagContext,
  filled: Fill,
): Name | undefined {
  const given = filled(attributes.value ?? '');
  const tag = short(event.ref, 'refs/tags/');
  const source = given || tag;
  const branch = short(event.ref, 'refs/heads/');
  switch (kind) {
    case 'schedule':
      return event.name === 'schedule' ? plain(filled(attributes.pattern ?? '')) : undefined;
    case 'semver':
      return source === undefined ? undefined : bySemver(source, attributes, filled, warn);
    case 'match':
      return source === undefined ? undefined : byMatch(source, attributes, warn);
    case 'edge':
      return branch !== undefined && branch === (attributes.branch ?? event.defaultBranch)
        ? plain('edge')
        : undefined;
    case 'ref':
      if (attributes.event === 'branch') return plain(branch);
      if (attributes.event === 'tag')
        return tag === undefined ? undefined : { name: tag, latest: true };
      return plain(short(event.ref, 'refs/pull/')?.replace(/\/(merge|head)$/, ''));
    case 'raw':
      return plain(given);
    case 'sha':
      return plain(attributes.format === 'long' ? commit : commit.slice(0, 7));
  }
}

/** A pre-release gets its whole version and nothing shorter, and is never the latest. */
function bySemver(
  source: string,
  { pattern = '' }: Rule['attributes'],
  filled: Fill,
  warn: TagContext['warn'],
): Name | undefined {
  const text = source.replaceAll('/', '-');
  const version = semver.parse(text);
  if (version === null) {
    warn(`${source} is not a semantic version, so type=semver gives no tag.`);
    return undefined;
  }
  const prerelease = version.prerelease.length > 0;
  const whole = prerelease && !/^\{\{\s*raw\s*\}\}$/.test(pattern);
  const { major, minor, patch } = version;
  const numbers = { major: String(major), minor: String(minor), patch: String(patch) };
  const values = { version: version.version, raw: text, ...numbers };
  return { name: filled(whole ? '{{version}}' : pattern, values), latest: !prerelease };
}

function byMatch(
  source: string,
  { pattern = '', group = '0' }: Rule['attributes'],
  warn: TagContext['warn'],
): Name | undefined {
  const found = regExp(pattern)?.exec(source)?.[Number(group)];
  if (found === undefined) {
    warn(`${pattern} does not match ${source}, so type=match gives no tag.`);
    return undefined;
  }
  return { name: found, latest: true };
}

function plain(name: string | undefined): Name | undefined {
  return name === undefined ? undefined : { name, latest: false };
}

/** What follows the prefix; undefined for another kind of ref. */
function short(ref: string, prefix: string): string | undefined {
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : undefined;
}

/** As a registry takes it: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
function valid(name: string): string {
  return name
    .replaceAll(/[^a-zA-Z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
}
