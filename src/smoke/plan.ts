import { existsSync } from 'node:fs';
import { environmentSettings, readConfig } from '../config/read.ts';
import type { SmokeCheck } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import { readRecord } from '../release/record.ts';
import type { SmokePlan } from './smoke.ts';

/** What the action is given. */
export interface SmokeInputs extends Pick<SmokePlan, 'consecutive' | 'intervalMs' | 'timeoutMs'> {
  readonly workspace: string;
  readonly config: string;
  readonly environment: string | undefined;
  readonly url: string | undefined;
  readonly release: string | undefined;
}

/**
 * Makes the plan out of inputs and slipway.yml.
 * @throws UserError `url-missing`, or what the files are guilty of
 */
export function planOf(inputs: SmokeInputs): SmokePlan {
  const { consecutive, intervalMs, timeoutMs, release, workspace } = inputs;
  const described = readSettings(inputs);
  const url = needUrl(inputs.url ?? described.url, inputs.environment);
  const record = release === undefined ? undefined : readRecord(release, workspace);
  return { url, checks: described.smoke, record, consecutive, intervalMs, timeoutMs };
}

/** @throws UserError `url-missing` */
export function needUrl(url: string | undefined, environment: string | undefined): string {
  if (url !== undefined) return url;
  throw new UserError({
    id: 'url-missing',
    message: 'Nothing says which address to test.',
    value: environment,
    fix: 'Give the input url, or the input environment and a "url:" in that environment of slipway.yml.',
  });
}

interface Described {
  readonly url: string | undefined;
  readonly smoke: readonly SmokeCheck[];
}

const USUAL_CONFIG = 'slipway.yml';

/**
 * What slipway.yml says. An address alone can be tested without one; but a file that was named, or a release that somebody means
 * to have compared, must not end in a weaker test because of a typing error or a forgotten checkout.
 */
function readSettings({ config, environment, url, release, workspace }: SmokeInputs): Described {
  if (environment !== undefined)
    return environmentSettings(readConfig(config, workspace), environment);
  const alone = url !== undefined && release === undefined && config === USUAL_CONFIG;
  if (alone && !existsSync(insideWorkspace(config, workspace))) return { url, smoke: [] };
  return { url: undefined, smoke: readConfig(config, workspace).smoke };
}
