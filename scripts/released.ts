/**
 * Installs the release of a scanner that the actions use, by its checksum; fails at once where GitHub cannot be reached.
 *   usage: node scripts/released.ts trivy|gitleaks <folder>     (then it is <folder>/bin/<name>)
 */
import { systemClock } from '../src/kit/clock.ts';
import { messageOf } from '../src/kit/errors.ts';
import { actionsLog } from '../src/kit/log.ts';
import { fetchTool } from '../src/scan/tool/fetch.ts';
import { PROGRAMS } from '../src/scan/tool/pins.ts';

const [name, scratch] = process.argv.slice(2);
if ((name !== 'trivy' && name !== 'gitleaks') || scratch === undefined)
  throw new Error('usage: node scripts/released.ts trivy|gitleaks <folder>');

try {
  const program = PROGRAMS[name];
  await fetch(program.releases, { method: 'HEAD', signal: AbortSignal.timeout(5_000) });
  await fetchTool(
    program,
    { mirror: undefined, askMs: 10_000, attemptMs: 120_000 },
    { log: actionsLog(systemClock), clock: systemClock, env: process.env, scratch },
  );
} catch (error) {
  console.error(`The release of ${name} is not to be had: ${messageOf(error)}`);
  process.exitCode = 1;
}
