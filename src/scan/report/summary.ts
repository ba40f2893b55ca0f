import { cell, code, table } from '../../kit/summary.ts';
import { plural } from '../../kit/text.ts';
import type { Judged, Scanned, Verdict } from '../policy/gate.ts';
import type { Ignores } from '../policy/ignore.ts';
import { countsOf, type Finding, SEVERITIES } from './finding.ts';
import { countText, remediesOf, type Remedy, targetsText } from './remedies.ts';

/** A row is a few hundred bytes and GitHub takes 1 MiB of a step: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
const MOST_ROWS = 50;
const LONGEST = 120;

/**
 * Blocks of Markdown for the job summary, what to do first before all else. Everything from outside is cut and escaped, and what is left
 * out is counted.
 * @param unused entries of the ignore file that meant nothing
 */
export function scanSummary(
  scanned: readonly Scanned[],
  verdicts: readonly Verdict[],
  unused: Ignores,
): string[] {
  const remedies = remediesOf(scanned, verdicts);
  return [
    `### ${headline(remedies, verdicts)}`,
    sentence(verdicts),
    ...listed(
      '',
      ['Target', ...SEVERITIES.toReversed(), 'fails', 'verdict'],
      scanned.map((one, index) => countRow(one, verdicts[index])),
    ),
    ...listed(
      'What to do',
      ['What', 'Why', 'In', 'Mends', 'Read more'],
      remedies.map((remedy) => [
        short(remedy.what),
        short(remedy.why),
        cell(targetsText(remedy.found)),
        countText(findingsOf(remedy)),
        links(findingsOf(remedy)),
      ]),
    ),
    ...listed(
      'Policy',
      ['Target', 'What', 'Fix'],
      verdicts.flatMap(({ target, policy }) =>
        policy.map(({ say, message, fix }) => [
          short(target),
          `${say === 'fail' ? '' : 'warning: '}${cell(message.slice(0, 3 * LONGEST))}`,
          cell(fix),
        ]),
      ),
    ),
    ...listed(
      'Ignored',
      ['Target', 'Finding', 'Severity', 'In', 'Why'],
      verdicts.flatMap(({ target, tolerated }) =>
        tolerated
          .filter(({ status }) => status === 'ignored')
          .map(({ finding, reason }) => [
            short(target),
            link(finding),
            finding.severity,
            short(finding.package?.name ?? finding.place),
            cell((reason ?? '').slice(0, 3 * LONGEST)),
          ]),
      ),
    ),
    ...listed(
      'Entries of the ignore file that nothing needs: take them out',
      ['Where', 'Finding', 'Why'],
      unused.map(({ where, id, statement, expired, expiresAt = '' }) => [
        code(where.slice(0, LONGEST)),
        short(id),
        `${short(statement)}${expired ? ` (expired on ${cell(expiresAt)})` : ''}`,
      ]),
    ),
  ];
}

/** The one thing to do first; a person who reads no more than this has read the right thing. */
function headline([first, ...others]: readonly Remedy[], verdicts: readonly Verdict[]): string {
  if (first !== undefined) {
    const more = others.length > 0 ? `, then ${plural(others.length, 'thing')} more` : '';
    return `${short(first.what)} in ${cell(targetsText(first.found))}: mends ${countText(findingsOf(first))}${more}`;
  }
  for (const { target, policy } of verdicts) {
    const failed = policy.find(({ say }) => say === 'fail');
    if (failed !== undefined)
      return `${short(target)}: ${short(failed.message)} ${cell(failed.fix)}`;
  }
  return 'Nothing to do: no finding fails';
}

function sentence(verdicts: readonly Verdict[]): string {
  const failed = verdicts.filter(({ passed }) => !passed).length;
  const failing = verdicts.reduce((sum, one) => sum + one.failing.length, 0);
  const tolerated = verdicts.flatMap((one) => one.tolerated);
  const words = (
    [
      ['below', 'below the threshold'],
      ['unfixable', 'without a fixed version'],
      ['known', 'known since the last release'],
      ['ignored', 'ignored'],
    ] as const
  ).flatMap(([status, text]) => {
    const count = tolerated.filter((one: Judged) => one.status === status).length;
    return count > 0 ? [`${count} ${text}`] : [];
  });
  return [
    failed > 0
      ? `${failed} of ${plural(verdicts.length, 'target')} failed, with ${plural(failing, 'finding')}.`
      : `${plural(verdicts.length, 'target')} passed.`,
    ...(words.length > 0 ? [`Tolerated: ${words.join(', ')}.`] : []),
  ].join(' ');
}

function countRow({ target, report }: Scanned, verdict: Verdict | undefined): string[] {
  const counts = countsOf(report.findings);
  return [
    short(target),
    ...SEVERITIES.toReversed().map((severity) => String(counts[severity] ?? 0)),
    String(verdict?.failing.length ?? 0),
    verdict?.passed ? 'passed' : '**failed**',
  ];
}

/** A titled table of at most {@link MOST_ROWS} rows, with a line about those that are left out; nothing where there is none. */
function listed(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  if (rows.length === 0) return [];
  return [
    ...(title === '' ? [] : [`**${title}**`]),
    table(head, rows.slice(0, MOST_ROWS)),
    ...(rows.length > MOST_ROWS
      ? [`${MOST_ROWS} of ${rows.length} shown; the reports have all of them.`]
      : []),
  ];
}

/** The first three identifiers, each to its page. */
function links(findings: readonly Finding[]): string {
  const each = [...new Map(findings.map((finding) => [finding.id, finding])).values()];
  const more = each.length > 3 ? ` and ${each.length - 3} more` : '';
  return `${each.slice(0, 3).map(link).join(', ')}${more}`;
}

function link({ id, url }: Finding): string {
  return url === undefined || url.length > 300
    ? short(id)
    : `[${short(id)}](<${url.replaceAll('|', '%7C')}>)`;
}

function findingsOf({ found }: Remedy): Finding[] {
  return found.map(({ finding }) => finding);
}

function short(text: string): string {
  return cell(text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
}
