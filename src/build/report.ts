import * as core from '@actions/core';
import { details, writeSummary } from '../kit/summary.ts';
import { formatReference } from '../registry/reference.ts';
import { BuildFailed } from './buildx.ts';
import { allFindings } from './dockerfile/check.ts';
import type { Finding } from './dockerfile/rules.ts';
import type { BuildInputs } from './inputs.ts';
import type { Prepared } from './prepare.ts';
import type { Progress } from './progress.ts';
import { buildImage, type Built, type Context, writeLeg } from './run.ts';
import { sizeOf } from './size.ts';
import { buildSummary, cachedSteps, findingBlocks, stageTable } from './summary.ts';

/** Builds, and tells the runner: outputs, annotations, summary. A build that failed shows what it had found by then. */
export async function runBuild(inputs: BuildInputs, context: Context): Promise<void> {
  let prepared: Prepared | undefined;
  const findings = (progress: Progress): Finding[] =>
    allFindings(
      prepared?.findings.own ?? [],
      prepared?.findings.hadolint ?? [],
      progress.warnings(),
    );
  const { dockerfileName } = inputs.image;
  try {
    const built = await buildImage(inputs, context, (found) => {
      prepared = found;
    });
    const found = findings(built.progress);
    annotate(dockerfileName, found);
    const outputs = outputsOf(inputs, built, writeLeg(inputs, built));
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
    await writeSummary(buildSummary(inputs, built, found));
    context.log.info(`${outputs.outcome}: ${outputs.ref || outputs.image}`);
  } catch (error) {
    if (error instanceof BuildFailed) {
      const found = findings(error.progress);
      annotate(dockerfileName, found);
      const { said } = error.progress.trouble();
      await writeSummary([
        ...(said.length > 0 ? [details('The last lines of the step that failed', said)] : []),
        stageTable(error.progress),
        ...findingBlocks(dockerfileName, found),
      ]);
    }
    throw error;
  }
}

/** GitHub shows ten warnings of a step: https://docs.github.com/en/rest/checks/runs */
const SHOWN = 10;

function annotate(file: string, findings: readonly Finding[]): void {
  for (const { rule, message, line } of findings.slice(0, SHOWN))
    core.warning(message, { title: rule, file, startLine: line });
  if (findings.length > SHOWN)
    core.info(
      `${SHOWN} of ${findings.length} warnings of ${file} are shown; the summary has all of them.`,
    );
}

type Outputs = Record<
  'outcome' | 'image' | 'digest' | 'ref' | 'tags' | 'size' | 'metadata' | 'leg',
  string
>;

function outputsOf(inputs: BuildInputs, built: Built, leg: string | undefined): Outputs {
  const { image } = inputs.image;
  const { prepared, published, metadata, progress } = built;
  const pushed = published !== undefined;
  return {
    outcome: pushed ? 'pushed' : inputs.load ? 'loaded' : 'built',
    image: formatReference(image),
    digest: published?.digest ?? '',
    ref: pushed ? formatReference({ ...image, digest: published.digest }) : '',
    tags: prepared.tags.names.map((tag) => formatReference({ ...image, tag })).join('\n'),
    size: pushed ? String(sizeOf(published.images)) : '',
    metadata: JSON.stringify({ ...metadata, slipway: cachedSteps(progress) }),
    leg: leg ?? '',
  };
}
