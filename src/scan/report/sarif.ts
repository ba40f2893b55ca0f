import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { cell } from '../../kit/summary.ts';
import { safeLine } from '../../kit/text.ts';
import type { Judged, Scanned, Verdict } from '../policy/gate.ts';
import {
  formatSarif,
  SARIF_LIMITS,
  type SarifLevel,
  type SarifResult,
  type SarifRule,
  type SarifRun,
  sarifUri,
} from '../sarif.ts';
import { bySeverity, type Finding, identity, type Severity } from './finding.ts';
import { type Locate, locationOf } from './location.ts';

export interface SarifFile {
  readonly text: string;
  /** What had to be left out, in words. */
  readonly notes: readonly string[];
}

const LEVELS: Readonly<Record<Severity, SarifLevel>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  unknown: 'note',
};

/** Where there is no CVSS: in the middle of what GitHub calls by that name. Trivy writes the same. */
const SCORES: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  unknown: '0.0',
};

/**
 * Everything that was found as SARIF, whatever the gate says of it; what is ignored is marked as such. A run for each target, with a
 * category that stays the same over branches, commits and versions; as many files as GitHub's limits ask for.
 * @param locate where the repository makes an image
 * @param version Trivy's
 */
export function sarifFiles(
  scanned: readonly Scanned[],
  verdicts: readonly Verdict[],
  locate: Locate,
  version: string,
  limits: { readonly [limit in keyof typeof SARIF_LIMITS]: number } = SARIF_LIMITS,
): SarifFile[] {
  const wholes = scanned.map((one, index) => whole(one, verdicts[index], locate));
  const files: SarifFile[] = [];
  const add = (group: readonly Whole[]): void => {
    const cut = group.map((one) => trim(one, Math.min(one.kept, limits.results)));
    const text = formatSarif(cut.map((one) => runOf(one, version)));
    if (gzipSync(text).length <= limits.gzipBytes || cut.every(({ kept }) => kept === 0)) {
      files.push({ text, notes: cut.flatMap((one) => noteOf(one) ?? []) });
    } else if (cut.length > 1) {
      const half = Math.ceil(cut.length / 2);
      add(cut.slice(0, half));
      add(cut.slice(half));
    } else {
      add(cut.map((one) => trim(one, Math.floor(one.kept / 2))));
    }
  };
  for (let at = 0; at < wholes.length; at += limits.runs) add(wholes.slice(at, at + limits.runs));
  return files;
}

/** All results of a target, the worst first, and how many of them there is room for. */
interface Whole {
  readonly scanned: Scanned;
  readonly results: readonly {
    readonly finding: Finding;
    readonly result: Omit<SarifResult, 'ruleIndex'>;
  }[];
  readonly kept: number;
}

function whole(scanned: Scanned, verdict: Verdict | undefined, locate: Locate): Whole {
  const judged = new Map(verdict?.tolerated.map((one) => [one.finding, one]));
  const fingerprint = fingerprints();
  const results = scanned.report.findings
    // In Trivy's own order, which is the same from run to run.
    .map((finding) => ({
      finding,
      result: resultOf(scanned, finding, judged.get(finding), locate, fingerprint(finding)),
    }))
    .sort((one, other) => bySeverity(one.finding, other.finding));
  return { scanned, results, kept: results.length };
}

function trim(one: Whole, kept: number): Whole {
  return { ...one, kept };
}

function noteOf({ scanned, results, kept }: Whole): string | undefined {
  return kept === results.length
    ? undefined
    : `${scanned.target}: the ${kept} most severe of ${results.length} findings are in the SARIF file, which is all that GitHub takes.`;
}

function runOf(one: Whole, version: string): SarifRun {
  const { scanned, results, kept } = one;
  const shown = results.slice(0, kept);
  const rules = new Map<string, SarifRule>();
  // The worst comes first, so a rule has the severity of its worst result.
  for (const { finding, result } of shown)
    if (!rules.has(result.ruleId)) rules.set(result.ruleId, ruleOf(result.ruleId, finding));
  const index = new Map([...rules.keys()].map((id, at) => [id, at]));
  const note = noteOf(one);
  return {
    tool: {
      driver: {
        name: 'Trivy',
        version,
        informationUri: 'https://trivy.dev',
        rules: [...rules.values()],
      },
    },
    automationDetails: { id: `trivy/${scanned.kind}/${scanned.target}/` },
    ...(note !== undefined && {
      invocations: [
        {
          executionSuccessful: true,
          toolExecutionNotifications: [{ level: 'warning', message: { text: note } }],
        },
      ],
    }),
    results: shown.map(({ result }) => ({ ...result, ruleIndex: index.get(result.ruleId) ?? 0 })),
  };
}

function resultOf(
  scanned: Scanned,
  finding: Finding,
  judged: Judged | undefined,
  locate: Locate,
  fingerprint: string,
): Omit<SarifResult, 'ruleIndex'> {
  const { path, line, endLine } = locationOf(scanned, finding, locate);
  return {
    ruleId: ruleIdOf(finding),
    level: LEVELS[finding.severity],
    message: { text: messageOf(finding) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: sarifUri(path) },
          region: { startLine: line, ...(endLine !== undefined && { endLine }) },
        },
        message: { text: safeLine(finding.place) },
      },
    ],
    partialFingerprints: { primaryLocationLineHash: fingerprint },
    ...(judged?.status === 'ignored' && {
      suppressions: [{ kind: 'external', justification: judged.reason ?? '' }],
    }),
  };
}

/** A licence is a finding of one package: as a rule of its own it would be one alert for all packages. Trivy does the same. */
function ruleIdOf({ kind, id, package: from }: Finding): string {
  return kind === 'license' ? `${from?.name ?? ''}:${id}` : id;
}

function messageOf({ id, severity, title, package: from, kind }: Finding): string {
  const words = safeLine(title);
  if (kind !== 'vulnerability' || from === undefined) return words;
  const fix = from.fixed === undefined ? 'no fixed version yet' : `fixed in ${from.fixed}`;
  return safeLine(`${from.name} ${from.installed}: ${id} (${severity}), ${fix}. ${words}`);
}

/** GitHub shows no more than this of a description. */
const LONGEST = 1_000;

function ruleOf(ruleId: string, finding: Finding): SarifRule {
  const { kind, severity, score, title, description, url, package: from } = finding;
  const long = safeLine(description || title).slice(0, LONGEST);
  const fixed = from?.fixed === undefined ? '' : ` Fixed in ${from.fixed}.`;
  const link = url === undefined ? '' : ` ${url}`;
  return {
    id: ruleId,
    name: `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`,
    shortDescription: { text: safeLine(title).slice(0, LONGEST) },
    fullDescription: { text: long },
    help: {
      text: `${ruleId}, ${severity}.${fixed} ${long}${link}`,
      markdown: `**${cell(ruleId)}**, ${severity}.${cell(fixed)}\n\n${cell(long)}${url === undefined ? '' : `\n\n<${url}>`}`,
    },
    ...(url !== undefined && { helpUri: url }),
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: [kind, 'security', severity],
      precision: 'very-high',
      'security-severity': score?.toFixed(1) ?? SCORES[severity],
    },
  };
}

/**
 * By its fingerprint GitHub knows an alert again. So it is made of what stays when a package gets a new version, a file new lines or an
 * image another digest; what is the same by that is numbered.
 */
function fingerprints(): (finding: Finding) => string {
  const seen = new Map<string, number>();
  return (finding) => {
    const same = identity(finding, finding.package?.name, finding.place);
    const count = (seen.get(same) ?? 0) + 1;
    seen.set(same, count);
    return `${createHash('sha256').update(same).digest('hex').slice(0, 32)}:${count}`;
  };
}
