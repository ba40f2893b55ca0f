import type { Finding, Severity } from '../report/finding.ts';
import type { Report } from '../report/parse.ts';
import type { Ignores } from './ignore.ts';

export type Say = 'fail' | 'warn' | 'ignore';

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

/** Judges every target by itself. */
export function judge(
  _scanned: readonly Scanned[],
  _settings: GateSettings,
  _ignores: Ignores,
  _known: KnownFindings | undefined,
): readonly Verdict[] {
  return [];
}
