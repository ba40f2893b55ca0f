import { beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeScratch, removeScratch } from '../../../src/kit/scratch.ts';
import { folderWith, ownEnvironment } from './support.ts';

ownEnvironment();

let temp: string;
let state: string;
beforeEach(() => {
  temp = folderWith({ state: '' });
  state = join(temp, 'state');
  process.env.RUNNER_TEMP = temp;
  process.env.GITHUB_STATE = state;
});

describe('the private folder', () => {
  test('is below the temporary folder of the runner, for its owner alone, and known to post', () => {
    const folder = makeScratch();
    expect(dirname(folder)).toBe(temp);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readFileSync(state, 'utf8')).toContain(folder);
  });

  test('stays private under a loose umask', () => {
    const before = process.umask(0);
    try {
      expect(statSync(makeScratch()).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(before);
    }
  });

  test('is known to post before it is made', () => {
    process.env.RUNNER_TEMP = join(temp, 'not-there');
    expect(() => makeScratch()).toThrow('ENOENT');
    expect(readFileSync(state, 'utf8')).toContain(join(temp, 'not-there/slipway-'));
  });

  test('is below the temporary folder of the system when the runner names none', () => {
    process.env.RUNNER_TEMP = '';
    const folder = makeScratch();
    try {
      expect(dirname(folder)).toBe(tmpdir());
    } finally {
      removeScratch(folder);
    }
  });

  test('is another one each time', () => {
    expect(makeScratch()).not.toBe(makeScratch());
  });

  test('leaves room for a socket when the path of the runner is long', () => {
    const long = join(temp, 'x'.repeat(80));
    mkdirSync(long);
    process.env.RUNNER_TEMP = long;
    const folder = makeScratch();
    try {
      expect(join(folder, 'agent').length).toBeLessThan(104);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    } finally {
      removeScratch(folder);
    }
  });

  test.each(['ü'.repeat(30), '100%h', '$HOME', 'a"b', "it's"])(
    'is elsewhere when the path of the runner is %s: too long in bytes, or with what ssh reads for itself',
    (name) => {
      const parent = join(temp, name);
      mkdirSync(parent);
      process.env.RUNNER_TEMP = parent;
      const folder = makeScratch();
      removeScratch(folder);
      expect(dirname(folder)).toBe('/tmp');
    },
  );

  test('may have spaces in its path', () => {
    const parent = join(temp, 'a b');
    mkdirSync(parent);
    process.env.RUNNER_TEMP = parent;
    expect(dirname(makeScratch())).toBe(parent);
  });

  test('goes with all that is in it, and a second time nothing happens', () => {
    const folder = makeScratch();
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep/known_hosts'), 'x');
    removeScratch(folder);
    expect(existsSync(folder)).toBe(false);
    removeScratch(folder);
  });
});
