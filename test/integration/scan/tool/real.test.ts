import { describe, expect, test } from '@jest/globals';
import { dirname } from 'node:path';
import { systemClock } from '../../../../src/kit/clock.ts';
import { findTool } from '../../../../src/scan/tool/find.ts';
import { PROGRAMS } from '../../../../src/scan/tool/pins.ts';
import { writtenVersion } from '../../../../src/scan/tool/version.ts';
import { toolPath } from '../../../lab/tool.ts';
import { memory } from '../../../unit/github/scene.ts';
import { folderWith } from '../../../unit/kit/support.ts';

describe.each(['trivy', 'gitleaks'] as const)('the real %s', (name) => {
  const { version, module } = PROGRAMS[name];

  test('is taken from PATH', async () => {
    const path = await toolPath(name);
    const context = {
      log: memory().log,
      clock: systemClock,
      env: { PATH: dirname(path) },
      scratch: folderWith(),
    };
    expect(await findTool(name, { mirror: undefined }, context)).toEqual({
      name,
      path,
      version,
      origin: 'PATH',
    });
  });

  test('has its version written into it', async () => {
    expect(await writtenVersion(await toolPath(name), module)).toBe(version);
  });
});
