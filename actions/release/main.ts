import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { releaseInputs } from '../../src/deploy/release-inputs.ts';
import { runDeploy } from '../../src/deploy/run-deploy.ts';
import { smokeProof } from './smoke-proof.ts';

const context = { clock: systemClock, log: actionsLog(systemClock) };

await runAction('aborted', async () => {
  const inputs = await releaseInputs();
  await runDeploy(inputs, context, smokeProof(inputs, context));
});
