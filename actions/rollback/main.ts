import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { optional } from '../../src/kit/inputs.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { hostInputs } from '../../src/deploy/inputs.ts';
import { runRollback } from '../../src/deploy/run-rollback.ts';

await runAction('aborted', () =>
  runRollback(
    hostInputs(),
    { release: optional('release'), version: optional('version') },
    { clock: systemClock, log: actionsLog(systemClock) },
  ),
);
