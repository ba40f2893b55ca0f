import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { makeScratch } from '../../src/kit/scratch.ts';
import { readEvent } from '../../src/scan/secrets/event.ts';
import { secretInputs } from '../../src/scan/secrets/inputs.ts';
import { runSecretScan } from '../../src/scan/secrets/report.ts';

/** What programs see: our own inputs hold a token, and are none of their business. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('INPUT_')),
);

const done = { scan: false };
await runAction('failed', async () => {
  const inputs = secretInputs();
  const scratch = makeScratch();
  const log = actionsLog(systemClock);
  await runSecretScan(inputs, readEvent(env), { log, clock: systemClock, env, scratch });
  done.scan = true;
});
// 1 says that there are secrets; that nobody knows is another matter.
if (!done.scan) process.exitCode = 2;
