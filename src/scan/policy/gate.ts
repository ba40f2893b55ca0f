import { bySeverity, type Finding, rank, type Severity } from '../report/finding.ts';
import type { Report } from '../report/parse.ts';
import type { Ignore, Ignores } from './ignore.ts';
import { expiredIgnores, imagePolicy } from './image.ts';

type Say = 'fail' | 'warn' | 'ignore';

export interface GateSettings {
  /** The least severity that fails; `none` only reports. */
  readonly severity: Severity | 'none';
  /** A vulnerability that nobody has mended yet does not fail. */
  readonly fixableOnly: boolean;
  readonly failOn: 'all' | 'new';
  /** The distribution of an image gets no more updates. */
  readonly endOfLife: Say;
  /** An image runs as root. */
  readonly root: Say;
  /** Bytes of an image, unpacked. */
  readonly maxSize: number | undefined;
}

/** What was scanned, and what was found. */
export interface Scanned {
  /** The name of the service, or a path. */
  readonly target: string;
  readonly kind: 'image' | 'filesystem' | 'repository' | 'configuration' | 'sbom';
  /** What Trivy was given: an image by digest, or a path. */
  readonly reference: string;
  readonly report: Report;
}

/** What the last release had already. */
export interface KnownFindings {
  has(target: string, finding: Finding): boolean;
}

/** A finding, and why it fails or does not. */
export interface Judged {
  readonly finding: Finding;
  readonly status: 'fails' | 'below' | 'unfixable' | 'ignored' | 'known';
  readonly reason?: string;
}

/** What is wrong with a target as a whole. */
export interface PolicyFinding {
  readonly rule: 'end-of-life' | 'root' | 'size' | 'ignore-expired';
  readonly say: 'fail' | 'warn';
  readonly message: string;
  readonly fix: string;
}

export interface Verdict {
  readonly target: string;
  readonly passed: boolean;
  readonly failing: readonly Judged[];
  readonly tolerated: readonly Judged[];
  readonly policy: readonly PolicyFinding[];
}

/**
 * Judges every target by itself. Each finding gets a status, so nothing is lost on the way to a report; the first reason that holds
 * is the one that is told. An entry of the ignore file that has expired fails every target in which it would still silence something.
 * @param known what the last release had, for `failOn: new`; without it everything is new
 */
export function judge(
  scanned: readonly Scanned[],
  settings: GateSettings,
  ignores: Ignores,
  known: KnownFindings | undefined,
): readonly Verdict[] {
  return scanned.map((one) => {
    const { target, report } = one;
    const judged = report.findings.toSorted(bySeverity).map((finding): Judged => ({
      finding,
      ...statusOf(finding, target, settings, ignores, known),
    }));
    const failing = judged.filter(({ status }) => status === 'fails');
    const policy = [...imagePolicy(report, settings), ...expiredIgnores(report, settings, ignores)];
    return {
      target,
      passed: failing.length === 0 && policy.every(({ say }) => say !== 'fail'),
      failing,
      tolerated: judged.filter(({ status }) => status !== 'fails'),
      policy,
    };
  });
}

function statusOf(
  finding: Finding,
  target: string,
  { severity, fixableOnly, failOn }: GateSettings,
  ignores: Ignores,
  known: KnownFindings | undefined,
): Omit<Judged, 'finding'> {
  const ignored = ignores.filter((entry) => entry.matches(finding));
  const active = ignored.find(({ expired }) => !expired);
  if (active !== undefined) return { status: 'ignored', reason: wordsOf(active) };
  if (severity === 'none') return { status: 'below', reason: 'nothing fails by its severity' };
  if (rank(finding.severity) < rank(severity))
    return { status: 'below', reason: `${finding.severity} is below ${severity}` };
  // What is not in a package is ours to mend.
  if (fixableOnly && finding.kind === 'vulnerability' && finding.package?.fixed === undefined)
    return { status: 'unfixable', reason: 'there is no version without it yet' };
  if (failOn === 'new' && known?.has(target, finding))
    return { status: 'known', reason: 'the last release has it, too' };
  const [expired] = ignored;
  return expired === undefined
    ? { status: 'fails' }
    : { status: 'fails', reason: `no longer ignored: ${wordsOf(expired)}` };
}

/** `not reachable (until 2026-12-31)` */
function wordsOf({ statement, expiresAt }: Ignore): string {
  return expiresAt === undefined ? statement : `${statement} (until ${expiresAt})`;
}
