import { runAction } from '../../src/kit/action.ts';
import { systemClock as clock } from '../../src/kit/clock.ts';
import { withoutInputs } from '../../src/kit/inputs.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { makeScratch } from '../../src/kit/scratch.ts';
import { readEvent } from '../../src/scan/secrets/event.ts';
import { secretInputs } from '../../src/scan/secrets/inputs.ts';
import { runSecretScan } from '../../src/scan/secrets/report.ts';

/** 1 says that there are secrets; that nobody knows is another matter. */
const NOT_SCANNED = 2;

async function work(): Promise<void> {
  const inputs = secretInputs();
  const env = withoutInputs(process.env);
  const context = { log: actionsLog(clock), clock, env, scratch: makeScratch() };
  await runSecretScan(inputs, readEvent(env), context);
}

await runAction('failed', work, NOT_SCANNED);
