import { createHash } from 'node:crypto';
import { formatSarif, type SarifResult, type SarifRule, sarifUri } from '../sarif.ts';
import type { Finding } from './leaks.ts';

/** What stands for a file whose name must not be shown. */
const HIDDEN = 'a-file-whose-name-holds-a-secret';

const HELP =
  'Revoke the credential where it was issued, then take it out of the repository. As long as it is valid, removing it from the history protects nobody: clones and caches have it.';

/** The findings as a SARIF file: no secret, no author, no message of a commit. */
export function secretsSarif(findings: readonly Finding[], version: string): string {
  const rules = rulesOf(findings);
  return formatSarif([
    {
      tool: {
        driver: {
          name: 'gitleaks',
          version,
          informationUri: 'https://github.com/gitleaks/gitleaks',
          rules,
        },
      },
      automationDetails: { id: 'gitleaks/' },
      results: findings.map((finding) => resultOf(finding, rules)),
    },
  ]);
}

function rulesOf(findings: readonly Finding[]): SarifRule[] {
  const descriptions = new Map(findings.map(({ rule, description }) => [rule, description]));
  return [...descriptions].map(([id, text]) => ({
    id,
    shortDescription: { text: text || id },
    help: { text: HELP },
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['security', 'secret'], precision: 'high', 'security-severity': '8.0' },
  }));
}

function resultOf(finding: Finding, rules: readonly SarifRule[]): SarifResult {
  const { rule, description, file, line, endLine, commit, known } = finding;
  const identity = createHash('sha256').update([rule, file ?? '', line, commit].join('\0'));
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: 'error',
    message: { text: `${description || rule} (commit ${commit.slice(0, 7)})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: sarifUri(file ?? HIDDEN) },
          // A file that is suspicious as a whole has no line.
          region: { startLine: Math.max(line, 1), endLine: Math.max(endLine, 1) },
        },
      },
    ],
    partialFingerprints: { primaryLocationLineHash: identity.digest('hex') },
    ...(known && {
      suppressions: [{ kind: 'external', justification: 'It is in the baseline.' }],
    }),
  };
}
