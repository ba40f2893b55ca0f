import * as core from '@actions/core';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Git, gitEnvironment, type Revision } from '../../src/detect/git.ts';
import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { UserError } from '../../src/kit/errors.ts';
import { insideWorkspace, required, secret } from '../../src/kit/inputs.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { runUrl } from '../../src/kit/run-url.ts';
import { writeSummary } from '../../src/kit/summary.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import { registryOptions } from '../../src/registry/inputs.ts';
import { promote, type Verdict } from '../../src/release/promotion.ts';
import { readRecordFile } from '../../src/release/record.ts';
import { recordRelease, type RecordResult } from '../../src/release/recording.ts';
import { recordOutputs, recordSummary } from '../../src/release/report.ts';
import { type RecordInputs, recordInputs } from './inputs.ts';

const log = actionsLog(systemClock);

await runAction('refused', async () => {
  try {
    const inputs = recordInputs();
    const client = new RegistryClient(registryOptions());
    const { workspace: folder } = inputs;
    const env = gitEnvironment(process.env, folder, undefined);
    const revision = await new Git({ folder, log, env }).revision();
    const result = await work(inputs, revision, client);
    const path = insideWorkspace(inputs.release, inputs.workspace);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, result.file.bytes);
    const outputs = recordOutputs(result, inputs.release);
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
    await writeSummary(recordSummary(result));
    log.info(result.sentence);
  } catch (error) {
    if (error instanceof UserError) core.setOutput('sentence', error.message);
    throw error;
  }
});

function work(
  inputs: RecordInputs,
  { commit, epoch }: Revision,
  client: RegistryClient,
): Promise<RecordResult> {
  const { requires, release, workspace } = inputs;
  const context = { client, log };
  if (requires === undefined) {
    const created = new Date(epoch * 1000);
    const ref = process.env.GITHUB_REF ?? '';
    return recordRelease({ ...inputs, commit, created, ref, run: runUrl(process.env) }, context);
  }
  const prove = () => verdictOf(requires, commit, inputs.waitMs);
  const local = () => {
    try {
      return readRecordFile(release, workspace);
    } catch (error) {
      if (error instanceof UserError && error.id === 'release-missing') return undefined;
      throw error;
    }
  };
  return promote({ ...inputs, requires, commit, prove, local }, context);
}

/** What GitHub's deployments say of a commit. Octokit is loaded only for those who ask. */
async function verdictOf(environment: string, commit: string, waitMs: number): Promise<Verdict> {
  const { awaitProof } = await import('../../src/github/proof.ts');
  const token = required('token') && (secret('token') ?? '').trim();
  const repository = process.env.GITHUB_REPOSITORY ?? '';
  const question = { token, repository, commit, environment };
  const { proof, pending, seen } = await awaitProof(question, waitMs, { log, clock: systemClock });
  if (proof !== undefined) {
    const { record: hash, artifact } = proof.payload;
    const words = `proven by deployment ${proof.deployment} to ${environment} at ${proof.at}`;
    return { vouched: { hash, artifact, words } };
  }
  if (pending !== undefined) return { why: `${pending}, and did not end in time` };
  return { why: seen.join(', ') || 'it was never deployed there' };
}
