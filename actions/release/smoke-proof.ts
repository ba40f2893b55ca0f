import { UserError } from '../../src/kit/errors.ts';
import { duration, integer, optional } from '../../src/kit/inputs.ts';
import type { Context } from '../../src/deploy/host-release.ts';
import type { ReleaseInputs } from '../../src/deploy/inputs.ts';
import type { Proof } from '../../src/deploy/run.ts';
import { smoke, type SmokePlan, type SmokeResult } from '../../src/smoke/smoke.ts';
import { smokeSummary } from '../../src/smoke/summary.ts';

/** The smoke test as the proof of a release: only `fail` takes it back, since a probe that cannot see is not evidence. */
export function smokeProof({ subject }: ReleaseInputs, { clock, log }: Context): Proof {
  const { settings, record } = subject;
  const url = optional('url') ?? settings.url;
  if (url === undefined) {
    throw new UserError({
      id: 'input-required',
      message: 'The smoke test needs to know where users reach this environment.',
      value: 'url',
      fix: `Add "url: https://..." under "with:", or under environments.${settings.environment} in slipway.yml. To deploy without a smoke test, use the action ssh-deploy.`,
    });
  }
  const plan: SmokePlan = {
    url,
    checks: settings.smoke,
    record,
    consecutive: integer('smoke-consecutive', 3, 1, 100),
    timeoutMs: duration('smoke-timeout', '60s'),
    intervalMs: duration('smoke-interval', '500ms'),
  };
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
