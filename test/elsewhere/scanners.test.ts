import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { systemClock } from '../../src/kit/clock.ts';
import { run } from '../../src/kit/process.ts';
import {
  type DatabaseName,
  JAVA_REPOSITORIES,
  VULNERABILITY_REPOSITORIES,
} from '../../src/scan/database/kinds.ts';
import { openDatabase } from '../../src/scan/database/open.ts';
import { findTool, type Tool } from '../../src/scan/tool/find.ts';
import { PROGRAMS, type ToolName } from '../../src/scan/tool/pins.ts';
import { memory } from '../unit/github/scene.ts';
import { folderWith } from '../unit/kit/support.ts';

/** The released program of this platform, from GitHub, held to the checksum of the table. */
function released(name: ToolName): Promise<Tool> {
  const scratch = folderWith();
  const env = { PATH: '', RUNNER_TEMP: scratch, RUNNER_TOOL_CACHE: join(scratch, 'tools') };
  return findTool(name, { mirror: undefined }, { log: memory().log, clock: systemClock, env, scratch });
} // prettier-ignore

describe.each(['trivy', 'gitleaks'] as const)('%s as it was released', (name) => {
  test('has the checksum of the table, and runs', async () => {
    const tool = await released(name);
    expect(tool).toMatchObject({ version: PROGRAMS[name].version, origin: 'download' });
    const said = await run(tool.path, [name === 'trivy' ? '--version' : 'version']);
    expect(said.stdout).toContain(PROGRAMS[name].version);
  });
});

describe("Trivy's public databases", () => {
  const mirrors: (readonly [DatabaseName, string])[] = [
    ...VULNERABILITY_REPOSITORIES.map((place) => ['vulnerability', place] as const),
    ...JAVA_REPOSITORIES.map((place) => ['java', place] as const),
  ];

  test.each(mirrors)('%s from %s', async (name, repository) => {
    const tool = await released('trivy');
    const scratch = folderWith();
    const settings = {
      repositories: [repository],
      maxAgeMs: 3 * 86_400_000,
      deadlineMs: 500_000,
      offline: false,
    };
    const state = await openDatabase(name, settings, {
      ...{ tool, scratch, log: memory().log, clock: systemClock, ca: undefined, plainHttp: [] },
      env: { PATH: process.env.PATH, HOME: scratch },
      cacheDir: folderWith(),
    });
    expect(state).toMatchObject({ state: 'ready', origin: 'download' });
  });
});
