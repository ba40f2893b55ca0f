import { beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveAgent, savedAgent, savedScratch, saveScratch } from '../../../src/kit/state.ts';
import { folderWith, ownEnvironment } from './support.ts';

ownEnvironment();

let file: string;
beforeEach(() => {
  file = join(folderWith({ state: '' }), 'state');
  process.env.GITHUB_STATE = file;
});

/** Does what the runner does between main and post: the state file becomes STATE_ variables. */
function intoPost(): void {
  for (const [, name, value] of readFileSync(file, 'utf8').matchAll(
    /^(.+?)<<(?:\S+)\n([\s\S]*?)\nghadelimiter_\S+$/gm,
  )) {
    process.env[`STATE_${name ?? ''}`] = value;
  }
}

describe('state', () => {
  test('post reads what main saved', () => {
    saveScratch('/tmp/some folder');
    saveAgent(4711);
    intoPost();
    expect(savedScratch()).toBe('/tmp/some folder');
    expect(savedAgent()).toBe(4711);
  });

  test('nothing was saved: nothing is read', () => {
    expect(savedScratch()).toBeUndefined();
    expect(savedAgent()).toBeUndefined();
  });

  test.each(['', '-1', '0x10', '12 34', 'all'])('%j is no process', (text) => {
    process.env['STATE_slipway-agent'] = text;
    expect(savedAgent()).toBeUndefined();
  });
});
