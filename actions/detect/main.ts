import * as core from '@actions/core';
import { detect, type DetectInputs } from '../../src/detect/detect.ts';
import { readEvent } from '../../src/detect/event.ts';
import { Git, gitEnvironment } from '../../src/detect/git.ts';
import { registryRecords } from '../../src/detect/records.ts';
import { detectSummary, outputsOf, sentenceOf } from '../../src/detect/report.ts';
import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { flag, lines, optional, secret, workspace } from '../../src/kit/inputs.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { writeSummary } from '../../src/kit/summary.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import { registryOptions } from '../../src/registry/inputs.ts';

function inputs(): DetectInputs {
  return {
    workspace: workspace(),
    config: optional('config') ?? 'slipway.yml',
    changedOnly: flag('changed-only'),
    only: lines('services'),
    base: optional('base'),
    repository: process.env.GITHUB_REPOSITORY ?? '',
    event: readEvent(process.env),
  };
}

await runAction('failed', async () => {
  const log = actionsLog(systemClock);
  const given = inputs();
  const token = secret('token')?.trim();
  const folder = given.workspace;
  const git = new Git({ folder, log, env: gitEnvironment(process.env, folder, token) });
  const client = new RegistryClient(registryOptions());
  const detection = await detect(given, {
    git,
    log,
    records: registryRecords(client, log, given.repository),
  });
  for (const [name, value] of Object.entries(outputsOf(detection))) core.setOutput(name, value);
  await writeSummary(detectSummary(detection));
  for (const { service, reason } of detection.verdicts) log.info(`${service.name}: ${reason}`);
  log.info(sentenceOf(detection));
});
