import type { Judged, PolicyFinding, Scanned, Verdict } from '../policy/gate.ts';
import type { Finding } from './finding.ts';

/** What test reports call a case: it failed, was skipped for a reason, or was fine. */
interface Case {
  readonly name: string;
  readonly failure?: { readonly type: string; readonly message: string; readonly text: string };
  readonly skipped?: string;
}

/**
 * The verdicts as JUnit XML: a suite for each target, a case for each finding. What fails is a failure, what is tolerated is skipped with
 * the reason, and a target without findings has one case that is fine.
 */
export function junitReport(scanned: readonly Scanned[], verdicts: readonly Verdict[]): string {
  const suites = verdicts.map((verdict, index) =>
    suiteOf(verdict, scanned[index]?.kind ?? 'target', [
      ...verdict.policy.map(policyCase),
      ...verdict.failing.map(findingCase),
      ...verdict.tolerated.map(findingCase),
    ]),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="trivy">',
    ...suites,
    '</testsuites>\n',
  ].join('\n');
}

function suiteOf({ target }: Verdict, kind: string, found: readonly Case[]): string {
  const cases = found.length > 0 ? found : [{ name: 'nothing was found' }];
  const counts = [
    attribute('tests', cases.length),
    attribute('failures', cases.filter(({ failure }) => failure).length),
    attribute('errors', 0),
    attribute('skipped', cases.filter(({ skipped }) => skipped !== undefined).length),
  ].join('');
  const name = `${kind} ${target}`;
  return [
    `  <testsuite${attribute('name', name)}${counts}>`,
    ...cases.map((one) => caseOf(one, name)),
    '  </testsuite>',
  ].join('\n');
}

function caseOf({ name, failure, skipped }: Case, suite: string): string {
  const head = `    <testcase${attribute('name', name)}${attribute('classname', suite)}`;
  if (failure !== undefined)
    return `${head}><failure${attribute('type', failure.type)}${attribute('message', failure.message)}>${escaped(failure.text)}</failure></testcase>`;
  if (skipped !== undefined) return `${head}><skipped${attribute('message', skipped)}/></testcase>`;
  return `${head}/>`;
}

function findingCase({ finding, status, reason }: Judged): Case {
  const { id, package: from, place, lines } = finding;
  const what = from === undefined ? place : `${from.name} ${from.installed}`.trim();
  const name = `${id} in ${what}${lines === undefined ? '' : `:${lines.start}`}`;
  if (status !== 'fails') return { name, skipped: `${status}: ${reason ?? ''}` };
  return {
    name,
    failure: { type: finding.severity, message: finding.title, text: textOf(finding, reason) },
  };
}

function textOf({ place, package: from, url }: Finding, reason: string | undefined): string {
  const fixed = from?.fixed === undefined ? undefined : `Fixed in ${from.fixed}`;
  return [place, fixed, reason, url].filter((line) => line !== undefined).join('\n');
}

function policyCase({ rule, say, message, fix }: PolicyFinding): Case {
  return say === 'fail'
    ? { name: rule, failure: { type: 'policy', message, text: fix } }
    : { name: rule, skipped: `${message} ${fix}` };
}

function attribute(name: string, value: string | number): string {
  return ` ${name}="${escaped(String(value))}"`;
}

/** Text for XML 1.0, which has no way to write control characters, half pairs and the like: they become a question mark. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?')
    .replaceAll(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
