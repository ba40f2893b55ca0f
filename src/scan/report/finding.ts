/** From harmless to worst; `unknown` is what nobody has judged yet, and is counted like the others. */
export const SEVERITIES = ['unknown', 'low', 'medium', 'high', 'critical'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** Something that Trivy has found in one target. */
export interface Finding {
  readonly kind: 'vulnerability' | 'misconfiguration' | 'secret' | 'license';
  /** CVE-..., GHSA-..., DS-0002, the rule of a secret, the name of a licence. */
  readonly id: string;
  /** The older name of a misconfiguration, by which an ignore file may call it, too. */
  readonly alias?: string;
  readonly severity: Severity;
  /** CVSS 3 of the source that Trivy took the severity from. */
  readonly score?: number;
  readonly title: string;
  /** More than the title, for those who want to know more. Text of others. */
  readonly description: string;
  readonly url: string | undefined;
  readonly package?: {
    readonly name: string;
    readonly installed: string;
    readonly fixed: string | undefined;
    readonly purl: string | undefined;
  };
  /** Trivy's Result.Target: an image with its distribution, or a file, from the folder that was scanned. */
  readonly target: string;
  /** The file, as exactly as Trivy knows it: `usr/lib/app.jar`, `Dockerfile`; else the target. */
  readonly place: string;
  readonly lines?: { readonly start: number; readonly end: number };
}

/** The order of reports: the worst first. */
export function bySeverity(one: Finding, other: Finding): number {
  return rank(other.severity) - rank(one.severity);
}

export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/**
 * By this a finding is the same one in another release: kind, identifier, and package, or file of what is in no package. The version of
 * the package is no part of it, since a new build brings new versions with the same hole; nor is the line, since lines move. Two secrets
 * of one rule in one file are therefore the same.
 */
export function identity(
  { kind, id }: Pick<Finding, 'kind' | 'id'>,
  packageName: string | undefined,
  place: string | undefined,
): string {
  return JSON.stringify([kind, id, packageName ?? null, packageName === undefined ? place : null]);
}

/** How many of each severity, the worst first; none where there are none. */
export function countsOf(findings: readonly Finding[]): Partial<Record<Severity, number>> {
  return Object.fromEntries(
    SEVERITIES.toReversed()
      .map((one) => [one, findings.filter(({ severity }) => severity === one).length] as const)
      .filter(([, count]) => count > 0),
  );
}
