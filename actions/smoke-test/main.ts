import * as core from '@actions/core';
import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { duration, integer, optional, workspace } from '../../src/kit/inputs.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { writeSummary } from '../../src/kit/summary.ts';
import { planOf, type SmokeInputs } from '../../src/smoke/plan.ts';
import { smoke } from '../../src/smoke/smoke.ts';
import { smokeSummary } from '../../src/smoke/summary.ts';

function inputs(): SmokeInputs {
  return {
    workspace: workspace(),
    config: optional('config') ?? 'slipway.yml',
    environment: optional('environment'),
    url: optional('url'),
    release: optional('release'),
    consecutive: integer('consecutive', 3, 1, 100),
    intervalMs: duration('interval', '500ms'),
    timeoutMs: duration('timeout', '60s'),
  };
}

await runAction('inconclusive', async () => {
  const log = actionsLog(systemClock);
  const result = await smoke(planOf(inputs()), { clock: systemClock, log });
  core.setOutput('outcome', result.verdict);
  core.setOutput('sentence', result.sentence);
  await writeSummary(smokeSummary(result));
  if (result.verdict === 'pass') log.info(result.sentence);
  else if (result.verdict === 'degraded') log.warning(result.sentence);
  else core.setFailed(result.sentence);
});
