import { plural, safeLine } from '../../kit/text.ts';
import type { Scanned, Verdict } from '../policy/gate.ts';
import { locationOf } from './location.ts';
import { bySeverity, countsOf, type Finding, identity, SEVERITIES } from './finding.ts';

/** A finding in one of the targets. */
export interface Found {
  readonly scanned: Scanned;
  readonly finding: Finding;
}

/** One thing to do, and all that it mends. */
export interface Remedy {
  /** `Update openssl 3.0.15 to 3.0.17` */
  readonly what: string;
  /** What the worst of it is. */
  readonly why: string;
  /** The worst first. */
  readonly found: readonly Found[];
}

/** What to do about the findings that fail, in this order. */
export function remediesOf(
  scanned: readonly Scanned[],
  verdicts: readonly Verdict[],
): readonly Remedy[] {
  const groups = new Map<string, Found[]>();
  verdicts.forEach(({ failing }, index) => {
    const one = scanned[index];
    if (one === undefined) return;
    for (const { finding } of failing) {
      const key = keyOf(finding);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [{ scanned: one, finding }]);
      else group.push({ scanned: one, finding });
    }
  });
  return [...groups.values()]
    .map((group) => remedyOf(group.sort((one, other) => bySeverity(one.finding, other.finding))))
    .sort(byWeight);
}

/** What mends the worst first, and of that the most. */
export function byWeight(one: Remedy, other: Remedy): number {
  const [mine, its] = [weightOf(one), weightOf(other)];
  const at = mine.findIndex((count, index) => count !== its[index]);
  return at < 0 ? 0 : (its[at] ?? 0) - (mine[at] ?? 0);
}

/** `1 critical, 2 high` */
export function countText(findings: readonly Finding[]): string {
  return Object.entries(countsOf(findings))
    .map(([severity, count]) => `${count} ${severity}`)
    .join(', ');
}

/** `auth, chat and 3 more`, each once. */
export function targetsText(found: readonly Found[], most = 5): string {
  const names = [...new Set(found.map(({ scanned }) => safeLine(scanned.target).slice(0, 100)))];
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `${names.slice(0, most).join(', ')}${more}`;
}

/** Holes of one package are mended together; what is in no package, line by line. Other ecosystems have packages of the same name. */
function keyOf(finding: Finding): string {
  const { kind, package: from, lines } = finding;
  const ecosystem = from?.purl?.replace(/\/.*/s, '');
  return kind === 'vulnerability'
    ? JSON.stringify([ecosystem, from?.name, from?.fixed !== undefined])
    : `${identity(finding, from?.name, finding.place)}${lines?.start ?? ''}`;
}

function remedyOf(found: readonly Found[]): Remedy {
  const findings = found.map(({ finding }) => finding);
  const versions = [...new Set(findings.map(({ package: from }) => from?.installed ?? ''))];
  const installed =
    versions.length > 2 ? plural(versions.length, 'version') : versions.join(' and ');
  const fixed = findings
    .flatMap(({ package: from }) => nextVersion(from?.installed ?? '', from?.fixed) ?? [])
    .sort(versionOrder.compare)
    .at(-1);
  return { what: wordsFor(found[0], installed, fixed), why: findings[0]?.title ?? '', found };
}

function wordsFor(worst: Found | undefined, installed: string, fixed: string | undefined): string {
  if (worst === undefined) return '';
  const { kind, id, package: from, place, lines } = worst.finding;
  const { path } = locationOf(worst.scanned, worst.finding, () => undefined);
  const where = lines === undefined ? path : `${path}:${lines.start}`;
  switch (kind) {
    case 'vulnerability':
      return fixed === undefined
        ? `Replace ${from?.name ?? ''} ${installed} (no fixed version yet), or ignore ${id} until a date,`
        : `Update ${from?.name ?? ''} ${installed} to ${fixed}`;
    case 'secret':
      return `Make the secret (${id}) at ${where} worthless and take it out`;
    case 'misconfiguration':
      return `Mend ${id} at ${where}`;
    case 'license':
      return `Replace ${from?.name ?? place}, which is under ${id}`;
  }
}

/**
 * Versions as nearly all ecosystems order them: numbers by value. Exact rules differ (`~` of Debian, pre-releases), which here only
 * decides between versions that each mend something.
 */
const versionOrder = new Intl.Collator('en', { numeric: true });

/** Trivy names a version for each line that is kept up: the nearest above what is installed is the one to go to. */
function nextVersion(installed: string, fixed: string | undefined): string | undefined {
  const versions = fixed?.split(/,\s*/).sort(versionOrder.compare);
  return versions?.find((one) => versionOrder.compare(one, installed) > 0) ?? versions?.at(-1);
}

/** How many of each severity, the worst first. */
function weightOf({ found }: Remedy): number[] {
  const counts = countsOf(found.map(({ finding }) => finding));
  return SEVERITIES.toReversed().map((severity) => counts[severity] ?? 0);
}
