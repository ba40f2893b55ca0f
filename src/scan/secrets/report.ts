import * as core from '@actions/core';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { failWith } from '../../kit/action.ts';
import { messageOf } from '../../kit/errors.ts';
import { cell, writeSummary } from '../../kit/summary.ts';
import type { ScanEvent } from './event.ts';
import type { SecretInputs } from './inputs.ts';
import type { Finding } from './leaks.ts';
import { secretsSarif } from './sarif.ts';
import { type Context, type Scan, scanSecrets } from './scan.ts';
import { secretsSummary, sentenceOf } from './summary.ts';

/** Scans, and tells the runner: outputs, annotations, SARIF, summary, exit code. */
export async function runSecretScan(
  inputs: SecretInputs,
  event: ScanEvent,
  context: Context,
): Promise<void> {
  const scan = await scanSecrets(inputs, event, context);
  if ('nothing' in scan) {
    context.log.info(scan.nothing);
    setOutputs({ outcome: 'clean', findings: '0', commits: '0', sarif: '' });
    await writeSummary([`### ${cell(scan.nothing)}`]);
    return;
  }
  const sarif = secretsSarif(scan.findings, scan.tool.version);
  mkdirSync(dirname(inputs.sarif.path), { recursive: true });
  writeFileSync(inputs.sarif.path, sarif);
  const fresh = scan.findings.filter(({ known }) => !known);
  annotate(fresh, inputs.fail);
  setOutputs({
    outcome: fresh.length > 0 ? 'leaks' : 'clean',
    findings: String(fresh.length),
    commits: String(scan.commits),
    sarif: inputs.sarif.name,
  });
  const upload = await uploaded(sarif, scan, inputs, context);
  const page = pageOf(context.env);
  await writeSummary(secretsSummary(scan, { page, sarif: `${inputs.sarif.name}. ${upload}` }));
  context.log.info(upload);
  const sentence = sentenceOf(scan);
  if (fresh.length > 0 && inputs.fail)
    failWith(1, `${sentence} Revoke first, then remove: the summary says how.`);
  else context.log.info(sentence);
}

function setOutputs(
  outputs: Readonly<Record<'outcome' | 'findings' | 'commits' | 'sarif', string>>,
): void {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
}

/** GitHub shows ten errors of a step: https://docs.github.com/en/rest/checks/runs */
const SHOWN = 10;

function annotate(findings: readonly Finding[], asErrors: boolean): void {
  const tell = asErrors ? core.error : core.warning;
  for (const { rule, description, file, line, endLine, commit, current, exists } of findings.slice(
    0,
    SHOWN,
  )) {
    const where = current || line === 0 ? '' : `, there in line ${line}`;
    tell(`${description || rule} In commit ${commit.slice(0, 7)}${where}. Revoke it first.`, {
      title: `Secret: ${rule}`,
      ...(file !== undefined && exists && { file }),
      ...(file !== undefined && current && line > 0 && { startLine: line, endLine }),
    });
  }
  if (findings.length > SHOWN)
    core.info(
      `${SHOWN} of ${findings.length} secrets are shown here; the summary has all of them.`,
    );
}

/**
 * Hands the SARIF file to code scanning. Alerts that an upload does not repeat count as mended, so it has to be of the whole history, or of a
 * pull request, which is compared with its base. That it did not work is no reason to fail.
 * @returns what became of it, in words
 */
async function uploaded(
  sarif: string,
  { range }: Scan,
  inputs: SecretInputs,
  { log, clock, env }: Context,
): Promise<string> {
  const { GITHUB_REPOSITORY: repository, GITHUB_SHA: commit, GITHUB_REF: ref } = env;
  if (!inputs.upload) return 'Not uploaded: upload-sarif is false.';
  if (!repository || !commit || !ref) return 'Not uploaded: this is no run on GitHub.';
  if (inputs.token === undefined) return 'Not uploaded: there is no token.';
  if (!range.full && !ref.startsWith('refs/pull/'))
    return 'Not uploaded: a part of the history would close the alerts of the rest. Pull requests and full scans are uploaded.';
  const { uploadSarif } = await import('../../github/code-scanning.ts');
  const access = { token: inputs.token, repository };
  try {
    const answer = await uploadSarif(access, { sarif, commit, ref }, { log, clock });
    if ('url' in answer) return `Uploaded: ${answer.url}`;
    return `Not uploaded: ${answer.refused}`;
  } catch (error) {
    const why = `Not uploaded: ${messageOf(error)}`;
    log.warning(why);
    return why;
  }
}

/** The page of the repository. */
function pageOf(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  return server && repository ? `${server}/${repository}` : undefined;
}
