import { duration, integer, optional } from '../../src/kit/inputs.ts';
import type { Context } from '../../src/deploy/host-release.ts';
import type { ReleaseInputs } from '../../src/deploy/release-inputs.ts';
import type { Proof } from '../../src/deploy/carry-out.ts';
import { needUrl } from '../../src/smoke/plan.ts';
import { smoke, type SmokePlan, type SmokeResult } from '../../src/smoke/smoke.ts';
import { smokeSummary } from '../../src/smoke/summary.ts';
import { targetsOf } from '../../src/smoke/target.ts';

/**
 * The smoke test as the proof of a release: only `fail` takes it back, since a probe that cannot see is not evidence.
 * @throws UserError now, before anything is deployed, when the checks could not be carried out
 */
export function smokeProof({ subject }: ReleaseInputs, { clock, log }: Context): Proof {
  const { settings, record } = subject;
  const plan: SmokePlan = {
    url: needUrl(optional('url') ?? settings.url, settings.environment),
    checks: settings.smoke,
    record,
    consecutive: integer('smoke-consecutive', 3, 1, 100),
    timeoutMs: duration('smoke-timeout', '60s'),
    intervalMs: duration('smoke-interval', '500ms'),
  };
  targetsOf(plan);
  let result: SmokeResult | undefined;
  return {
    prove: async () => {
      result = await smoke(plan, { clock, log });
      if (result.verdict === 'degraded') log.warning(result.sentence);
      return {
        keep: result.verdict !== 'fail',
        proven: result.verdict === 'pass' || result.verdict === 'degraded',
        why: result.sentence,
      };
    },
    summary: () => (result === undefined ? [] : smokeSummary(result)),
  };
}
