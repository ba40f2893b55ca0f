import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../src/kit/clock.ts';
import type { Log } from '../../../../src/kit/log.ts';
import type { DatabaseSettings } from '../../../../src/scan/database/open.ts';
import type { TrivyContext } from '../../../../src/scan/trivy/run.ts';
import { engineEnv } from '../../../lab/engine.ts';
import type { Lab } from '../../../lab/lab.ts';
import { toolPath } from '../../../lab/tool.ts';

/** Trivy as a job would have it, with folders of its own, and what it said. */
export interface Scene {
  readonly context: TrivyContext;
  readonly said: readonly string[];
}

export async function scene(lab: Lab, more: Partial<TrivyContext> = {}): Promise<Scene> {
  const folder = mkdtempSync(join(lab.folder, 'scene-'));
  const [scratch, cacheDir] = [join(folder, 'scratch'), join(folder, 'cache')];
  mkdirSync(scratch);
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const log: Log = {
    info: say,
    notice: say,
    warning: say,
    error: say,
    foreign: (label, line) => {
      say(`${label} | ${line}`);
    },
    group: (_title, work) => work(),
  };
  const path = await toolPath('trivy');
  return {
    context: {
      tool: { name: 'trivy', path, version: '0.74.0', origin: 'PATH' },
      env: engineEnv,
      cacheDir,
      scratch,
      log,
      clock: systemClock,
      ca: undefined,
      plainHttp: [],
      ...more,
    },
    said,
  };
}

/** Settings of a job that has time. */
export function from(...repositories: string[]): DatabaseSettings {
  return { repositories, maxAgeMs: 48 * 3_600_000, deadlineMs: 60_000, offline: false };
}
