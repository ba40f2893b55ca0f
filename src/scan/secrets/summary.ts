import { formatDuration } from '../../kit/duration.ts';
import { cell, code, details, table } from '../../kit/summary.ts';
import { plural } from '../../kit/text.ts';
import type { Finding } from './leaks.ts';
import type { Scan } from './scan.ts';

/** So many rows can be read; the SARIF file has all of them. */
const MOST_ROWS = 200;

/** What the summary says beside the scan itself. */
export interface SummaryContext {
  /** Address of the repository's page, without a slash at its end; undefined outside of GitHub. */
  readonly page: string | undefined;
  /** What became of the SARIF file, in words. */
  readonly sarif: string;
}

/** How a scan ended, in one sentence. */
export function sentenceOf({ commits, range, findings }: Scan): string {
  const fresh = findings.filter(({ known }) => !known).length;
  const known = findings.length - fresh;
  const old = known === 0 ? '' : `, beside ${known} of the baseline`;
  if (commits === 0) return `There is no new commit to scan (${range.what}).`;
  return `${fresh === 0 ? 'No secrets' : plural(fresh, 'secret')} in ${plural(commits, 'commit')}${old} (${range.what}).`;
}

/** Blocks of Markdown for the job summary. */
export function secretsSummary(scan: Scan, context: SummaryContext): string[] {
  const { tool, range, commits, rules, findings, ms } = scan;
  const fresh = findings.filter(({ known }) => !known);
  const known = findings.filter(({ known }) => known);
  return [
    `### ${cell(sentenceOf(scan))}`,
    ...(fresh.length > 0
      ? [ADVICE, findingTable(fresh, context), ...exceptions(fresh, range.what)]
      : []),
    ...(known.length > 0
      ? [`**Known already, from the baseline: ${known.length}**`, findingTable(known, context)]
      : []),
    table(
      ['', ''],
      [
        ['Commits', `${commits}: ${cell(range.what)}`],
        ['Rules', cell(rules.origin)],
        ['Scanner', cell(`gitleaks ${tool.version} (${tool.origin})`)],
        ['SARIF', cell(context.sarif)],
        ['Time', formatDuration(ms)],
      ],
    ),
  ];
}

const ADVICE = [
  '**What to do, in this order:**',
  '',
  '1. **Revoke each credential** where it was issued, and issue a new one. Whoever can read the repository has it already; that counts for every clone, too.',
  '2. Look for use that was not yours: the audit log of whatever it opens.',
  '3. Take it out of the code: a secret of GitHub Actions, of the environment, or a secret store.',
  '4. Rewrite the history only if you must; it does not make a credential safe that is still valid.',
].join('\n');

function findingTable(findings: readonly Finding[], context: SummaryContext): string {
  const rows = findings
    .slice(0, MOST_ROWS)
    .map((finding) => [
      code(finding.rule),
      placeOf(finding),
      commitOf(finding, context),
      cell(finding.description),
    ]);
  const more = findings.length - MOST_ROWS;
  const rest = more > 0 ? `\n\n${more} more are in the SARIF file.` : '';
  return `${table(['Rule', 'Where', 'Commit', 'What'], rows)}${rest}`;
}

/** `path:12`, and whether that line is still there. */
function placeOf({ file, line, current, exists }: Finding): string {
  if (file === undefined) return 'a file whose name holds a secret: see the commit';
  const at = code(line > 0 ? `${file}:${line}` : file);
  if (current) return at;
  return `${at} ${exists ? '(as of that commit)' : '(gone by now, but not from the history)'}`;
}

function commitOf({ commit }: Finding, { page }: SummaryContext): string {
  const short = code(commit.slice(0, 7));
  return page === undefined ? short : `[${short}](${page}/commit/${commit})`;
}

/** How to accept what is no secret. */
function exceptions(findings: readonly Finding[], what: string): string[] {
  const prints = findings.flatMap(({ fingerprint }) => fingerprint ?? []).slice(0, MOST_ROWS);
  const where = what.startsWith('the pull request') ? ' of the base branch' : '';
  return prints.length === 0
    ? []
    : [details(`Not a secret? Lines for .gitleaksignore${where}, each after a look`, prints)];
}
