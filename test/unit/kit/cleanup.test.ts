import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp } from '../../../src/kit/cleanup.ts';
import { folderWith, ownEnvironment, stdoutOf } from './support.ts';

ownEnvironment();

test('post ends the agent and removes the folder', async () => {
  const agent = spawn('sleep', ['60']);
  const ended = once(agent, 'exit');
  const folder = join(folderWith({ 'scratch/known_hosts': 'x' }), 'scratch');
  process.env['STATE_slipway-agent'] = String(agent.pid);
  process.env['STATE_slipway-scratch'] = folder;
  cleanUp();
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(existsSync(folder)).toBe(false);
});

test('an agent that has ended already is no reason to leave the folder', async () => {
  const agent = spawn('true');
  await once(agent, 'exit');
  const folder = folderWith();
  process.env['STATE_slipway-agent'] = String(agent.pid);
  process.env['STATE_slipway-scratch'] = folder;
  expect(await stdoutOf(cleanUp)).toBe('');
  expect(existsSync(folder)).toBe(false);
});

test('nothing to do: nothing is said', async () => {
  expect(await stdoutOf(cleanUp)).toBe('');
});

test('what cannot be removed is a warning, never a failure', async () => {
  process.env['STATE_slipway-scratch'] = '/proc/version';
  expect(await stdoutOf(cleanUp)).toMatch(
    /^::warning::Something of this run may be left on the runner: /,
  );
});
