import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { releaseInputs } from '../../src/deploy/release-inputs.ts';
import { runDeploy } from '../../src/deploy/run-deploy.ts';

await runAction('aborted', async () =>
  runDeploy(await releaseInputs(), { clock: systemClock, log: actionsLog(systemClock) }),
);
