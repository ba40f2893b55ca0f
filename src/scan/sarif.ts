/** The part of SARIF 2.1.0 that scanners need: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */

interface SarifText {
  readonly text: string;
  readonly markdown?: string;
}

export type SarifLevel = 'error' | 'warning' | 'note' | 'none';

export interface SarifRule {
  readonly id: string;
  /** An opaque name, for example `Misconfiguration`. */
  readonly name?: string;
  readonly shortDescription: SarifText;
  readonly fullDescription?: SarifText;
  readonly help?: SarifText;
  readonly helpUri?: string;
  readonly defaultConfiguration?: { readonly level: SarifLevel };
  readonly properties?: {
    readonly tags?: readonly string[];
    readonly precision?: 'very-high' | 'high' | 'medium' | 'low';
    /** A number from 0.0 to 10.0 as text, by which GitHub ranks: over 9.0 critical, 7.0 high, 4.0 medium. */
    readonly 'security-severity'?: string;
  };
}

interface SarifLocation {
  readonly physicalLocation: {
    /** Relative to the root of the repository, with forward slashes, percent-encoded: see {@link sarifUri}. */
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number; readonly endLine?: number };
  };
  readonly message?: { readonly text: string };
}

export interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: SarifLevel;
  readonly message: { readonly text: string };
  readonly locations: readonly SarifLocation[];
  /** GitHub reads only this one, and takes results that share it, rule and file for one alert. */
  readonly partialFingerprints: { readonly primaryLocationLineHash: string };
  readonly suppressions?: readonly {
    readonly kind: 'external' | 'inSource';
    readonly justification: string;
  }[];
}

export interface SarifRun {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly version?: string;
      readonly informationUri: string;
      readonly rules: readonly SarifRule[];
    };
  };
  /** What stands before the last `/` of the id is GitHub's category: a later upload replaces the alerts of the same one. */
  readonly automationDetails: { readonly id: string };
  readonly invocations?: readonly {
    readonly executionSuccessful: boolean;
    readonly toolExecutionNotifications: readonly {
      readonly level: SarifLevel;
      readonly message: { readonly text: string };
    }[];
  }[];
  readonly results: readonly SarifResult[];
}

/**
 * What GitHub takes: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
 * Of the results it shows the 5,000 that are the most severe.
 */
export const SARIF_LIMITS = { runs: 20, results: 25_000, gzipBytes: 10_000_000 } as const;

/** A SARIF file. */
export function formatSarif(runs: readonly SarifRun[]): string {
  const $schema = 'https://json.schemastore.org/sarif-2.1.0.json';
  return `${JSON.stringify({ $schema, version: '2.1.0', runs })}\n`;
}

/** A path of the repository as a URI, with what a URI may not hold encoded. */
export function sarifUri(path: string): string {
  // A half pair, which UTF-8 cannot write, would be an error.
  const text = Buffer.from(path).toString();
  return text.split('/').map(encodeURIComponent).join('/');
}
