import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, run } from '../../../src/kit/process.ts';

const module = new URL('../../lab/mode.ts', import.meta.url).href;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-mode-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What a process that needs the lab chooses, with this command `docker` on its PATH, and what it tells its children. */
function chosen(docker: string | undefined, env: Record<string, string> = {}): Promise<Finished> {
  if (docker !== undefined)
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${docker}\n`, { mode: 0o755 });
  const line = `await import(${JSON.stringify(module)}); console.log(process.env.SLIPWAY_LAB, process.env.DOCKER_HOST);`;
  return run(process.execPath, ['--input-type=module', '-e', line], {
    env: { PATH: folder, ...env },
  });
}

const ANSWERS = `case $1 in
  version) echo 29.1.0 ;;
  context) echo unix:///home/me/.docker/run/docker.sock ;;
esac`;
const REFUSES = 'echo "permission denied while trying to connect" >&2; exit 1';

test('an engine that answers is used, at the place that the context names; one sentence says so', async () => {
  const { stdout, stderr } = await chosen(ANSWERS);
  expect(stdout).toBe('existing unix:///home/me/.docker/run/docker.sock\n');
  expect(stderr).toMatch(/^lab: this is the Docker Engine 29\.1\.0 that is here already .*\n$/);
});

test('DOCKER_HOST is where it is', async () => {
  const { stdout } = await chosen(ANSWERS, { DOCKER_HOST: 'tcp://127.0.0.1:2375' });
  expect(stdout).toBe('existing tcp://127.0.0.1:2375\n');
});

test.each([
  ['none is installed', undefined],
  ['none answers', REFUSES],
])('%s: one of its own', async (_, docker) => {
  const { stdout, stderr } = await chosen(docker);
  expect(stdout).toBe('own undefined\n');
  expect(stderr).toBe('lab: no Docker Engine answers here, so this is one of its own\n');
});

test('who is told, asks nobody and says nothing', async () => {
  const own = await chosen('echo asked >&2', { SLIPWAY_LAB: 'own' });
  expect(own).toMatchObject({ stdout: 'own undefined\n', stderr: '' });
  const host = { SLIPWAY_LAB: 'existing', DOCKER_HOST: 'unix:///x' };
  expect(await chosen('echo asked >&2', host)).toMatchObject({
    stdout: 'existing unix:///x\n',
    stderr: '',
  });
});

test('an engine that was asked for and is not there, and a word that means nothing, are errors', async () => {
  const missing = await chosen(REFUSES, { SLIPWAY_LAB: 'existing' });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('no Docker Engine answers');
  const word = await chosen(ANSWERS, { SLIPWAY_LAB: 'mine' });
  expect(word.stderr).toContain('SLIPWAY_LAB is own or existing, not mine');
});
