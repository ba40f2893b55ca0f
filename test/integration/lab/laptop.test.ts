import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fakeCommit } from '../../lab/build.ts';
import { docker, engineEnv, labName } from '../../lab/engine.ts';
import { type Lab, openLab } from '../../lab/lab.ts';

const checkout = resolve(import.meta.dirname, '../../..');

/** The first time it pulls the base images onto the disk of its hosts. */
const PATIENCE = 600_000;

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  // The image of a BuildKit would come from a registry. It is not used.
  await docker('tag', 'slipway-lab/host', 'slipway-lab/buildkit');
});

afterAll(() => lab.close());

/**
 * Somebody at a laptop: not root, in the group that may speak to the Docker Engine, with this checkout and a home folder. No other path
 * means the same to that user and to the engine, and containers are reached through the loopback alone.
 */
async function atLaptop(...command: string[]): Promise<string> {
  const socket = (engineEnv.DOCKER_HOST ?? '').replace('unix://', '');
  const { gid } = await stat(socket);
  return docker(
    ...['run', '--rm', '--network', 'host', '--pid', 'host', '--user', `1000:${gid}`],
    ...['--label', `${labName}.owner=${process.pid}`, '--tmpfs', '/laptop:mode=1777'],
    ...['-v', `${socket}:/var/run/docker.sock`, '-v', `${checkout}:${checkout}:ro`],
    ...['-e', 'HOME=/laptop', '-e', 'SLIPWAY_LAB_NAME=slipway-laptop'],
    ...['--entrypoint', command[0] ?? '', 'slipway-lab/host', ...command.slice(1)],
  );
}

test(
  'a release by somebody who has a Docker Engine and no root, on that engine; what is not the lab’s stays',
  async () => {
    const said = await atLaptop(
      'sh',
      '-c',
      `id -u; exec ${process.execPath} ${checkout}/test/integration/lab/visitor.ts 2>&1`,
    );
    const lines = said.split('\n');
    expect(lines[0]).toBe('1000');
    expect(said).toMatch(/^lab: this is the Docker Engine \S+ that is here already/m);
    const { log, ...rest } = JSON.parse(lines.at(-1) ?? '') as Record<string, string>;
    expect(log).toContain('v1 is deployed');
    expect(rest).toEqual({
      target: expect.stringMatching(/^deploy@127\.0\.0\.1:2\d{4}$/) as unknown,
      outcome: 'deployed',
      says: `200 ${fakeCommit('v1')}`,
    });
    const left = [
      await docker('ps', '-a', '--format', '{{.Names}}'),
      await docker('network', 'ls'),
    ];
    expect(left.join('\n')).not.toContain('slipway-laptop');
    expect(await docker('ps', '--format', '{{.Names}}')).toContain(`${labName}-registry`);
  },
  PATIENCE,
);
