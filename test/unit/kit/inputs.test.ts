import { beforeEach, describe, expect, test } from '@jest/globals';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  choice,
  duration,
  flag,
  insideWorkspace,
  integer,
  lines,
  optional,
  required,
  secret,
  workspace as checkout,
} from '../../../src/kit/inputs.ts';
import { folderWith, ownEnvironment, problemOf, stdoutOf } from './support.ts';

const inputs = ownEnvironment();

describe('texts', () => {
  test('are trimmed; empty and absent are the same', () => {
    inputs({ 'ssh-jump': '  deploy@example.com\n', empty: '  ', 'two words': 'x' });
    expect(optional('ssh-jump')).toBe('deploy@example.com');
    expect(optional('empty')).toBeUndefined();
    expect(optional('absent')).toBeUndefined();
    expect(optional('two words')).toBe('x');
  });

  test('required: enforced by us, and it points at secrets', () => {
    inputs({ given: 'x', empty: '' });
    expect(required('given')).toBe('x');
    for (const name of ['empty', 'absent']) {
      const problem = problemOf(() => required(name));
      expect(problem).toMatchObject({ id: 'input-required', value: name });
      expect(problem.fix).toContain(`Add "${name}: ..." under "with:"`);
      expect(problem.fix).toContain('secret exists for this environment');
    }
  });

  test('lines: trimmed, without the empty ones', () => {
    inputs({ host: '\n a@x \r\n\n\tb@y\n  \n' });
    expect(lines('host')).toEqual(['a@x', 'b@y']);
    expect(lines('absent')).toEqual([]);
  });
});

describe('secret', () => {
  test('is masked as a whole and by line, with line ends made right', async () => {
    inputs({ key: '-----BEGIN-----\r\nabcdef\r\n-----END-----\r\n' });
    let value: string | undefined;
    const said = await stdoutOf(() => (value = secret('key')));
    expect(value).toBe('-----BEGIN-----\nabcdef\n-----END-----\n');
    expect(said).toContain('::add-mask::abcdef\n');
    expect(said).toContain('::add-mask::-----BEGIN-----%0D%0Aabcdef%0D%0A-----END-----\n');
  });

  test('says nothing when it is not given', async () => {
    expect(await stdoutOf(() => secret('absent'))).toBe('');
    expect(secret('absent')).toBeUndefined();
  });
});

describe('flag', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
    [' true ', true],
  ])('%j is %p', (text, value) => {
    inputs({ 'dry-run': text });
    expect(flag('dry-run', !value)).toBe(value);
  });

  test.each([true, false])('not given: the default %p', (fallback) => {
    inputs({ 'dry-run': '' });
    expect(flag('dry-run', fallback)).toBe(fallback);
    expect(flag('absent')).toBe(false);
  });

  test.each(['yes', 'on', '1', '0', 'no', 'tRUE', 'true false'])('%j is none', (text) => {
    inputs({ 'dry-run': text });
    expect(problemOf(() => flag('dry-run'))).toMatchObject({
      id: 'bad-boolean',
      message: 'The input dry-run is not a boolean.',
      value: text,
      fix: 'Write true or false.',
    });
  });
});

describe('numbers and durations', () => {
  test('integer: given, default, bounds', () => {
    inputs({ keep: '07', low: '2', high: '100' });
    expect(integer('keep', 5, 2, 100)).toBe(7);
    expect(integer('low', 5, 2, 100)).toBe(2);
    expect(integer('high', 5, 2, 100)).toBe(100);
    expect(integer('absent', 5, 2, 100)).toBe(5);
  });

  test.each(['1', '101', '5.0', '-5', '+5', '5x', '0x5', '1e1', 'five', '9'.repeat(400)])(
    'integer: %j is none from 2 to 100',
    (text) => {
      inputs({ keep: text });
      expect(problemOf(() => integer('keep', 5, 2, 100))).toMatchObject({
        id: 'bad-number',
        message: 'The input keep is not a whole number from 2 to 100.',
        value: text,
      });
    },
  );

  test('choice: given, the first by default, error with the allowed ones', () => {
    inputs({ login: 'host', bad: 'Host' });
    expect(choice('login', ['job', 'host'])).toBe('host');
    expect(choice('absent', ['job', 'host'])).toBe('job');
    expect(problemOf(() => choice('bad', ['job', 'host']))).toMatchObject({
      id: 'bad-choice',
      message: 'The input bad has no such value.',
      value: 'Host',
      fix: 'Use one of: job, host.',
    });
  });

  test('duration: given, default, error with the name of the input', () => {
    inputs({ timeout: '1m', bad: 'soon' });
    expect(duration('timeout', '2s')).toBe(60_000);
    expect(duration('absent', '2s')).toBe(2_000);
    expect(problemOf(() => duration('bad', '2s'))).toMatchObject({
      id: 'bad-duration',
      message: 'The input bad is not a duration.',
      value: 'soon',
    });
  });
});

test('workspace: where the runner checks out, else where we are', () => {
  process.env.GITHUB_WORKSPACE = '/some/where';
  expect(checkout()).toBe('/some/where');
  process.env.GITHUB_WORKSPACE = '';
  expect(checkout()).toBe(process.cwd());
  delete process.env.GITHUB_WORKSPACE;
  expect(checkout()).toBe(process.cwd());
});

describe('insideWorkspace', () => {
  let workspace: string;
  let elsewhere: string;
  beforeEach(() => {
    workspace = folderWith({ 'a/file.txt': 'x' });
    elsewhere = folderWith({ 'secret.txt': 'x' });
  });

  test.each([
    ['a/file.txt', 'a/file.txt'],
    ['./a/../a/file.txt', 'a/file.txt'],
    ['not-there.yml', 'not-there.yml'],
    ['..not-a-parent', '..not-a-parent'],
  ])('%s lies inside', (path, relative) => {
    expect(insideWorkspace(path, workspace)).toBe(join(workspace, relative));
  });

  test('the workspace itself and absolute paths below it lie inside', () => {
    expect(insideWorkspace('.', workspace)).toBe(workspace);
    expect(insideWorkspace(join(workspace, 'a'), workspace)).toBe(join(workspace, 'a'));
  });

  test('links are followed: within the workspace, and to the workspace', () => {
    symlinkSync('a', join(workspace, 'link'));
    expect(insideWorkspace('link/file.txt', workspace)).toBe(join(workspace, 'a/file.txt'));
    const alias = join(elsewhere, 'workspace');
    symlinkSync(workspace, alias);
    expect(insideWorkspace('a/file.txt', alias)).toBe(join(workspace, 'a/file.txt'));
  });

  test('what leads out is refused: parents, absolute paths, links', () => {
    symlinkSync(elsewhere, join(workspace, 'folder'));
    symlinkSync(join(elsewhere, 'secret.txt'), join(workspace, 'file'));
    const paths = ['..', '../x', 'a/../../x', '/etc/passwd', 'folder', 'folder/secret.txt', 'folder/new',
      'folder/new/deep', 'file']; // prettier-ignore
    for (const path of paths) {
      expect(problemOf(() => insideWorkspace(path, workspace))).toMatchObject({
        id: 'path-outside-workspace',
        value: path,
      });
    }
  });

  test('a neighbour whose name begins like the workspace lies outside', () => {
    const both = folderWith({ 'work/f': '', 'work-2/f': '' });
    expect(problemOf(() => insideWorkspace('../work-2/f', join(both, 'work'))).id).toBe(
      'path-outside-workspace',
    );
  });
});
