import { describe, expect, test } from '@jest/globals';
import { clean, ignoreRules, pattern } from '../../../src/detect/pattern.ts';

describe('pattern', () => {
  // After the table in moby/patternmatcher.
  test.each<[string, string, boolean]>([
    ['**', 'file', true],
    ['**', 'dir/file', true],
    ['**/', 'dir/file', true],
    ['**/file', 'file', true],
    ['**/file', 'dir/dir/file', true],
    ['**/file', 'dir/otherfile', false],
    ['**file', 'dir/file', true],
    ['**file', 'file', true],
    ['dir/**', 'dir/file', true],
    ['dir/**', 'other/file', false],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/**/file', 'dir/file', true],
    ['a*', 'abc', true],
    ['a*', 'abc/def', true],
    ['a*', 'x/abc', false],
    ['a*b', 'a/b', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['a[^b]c', 'a/c', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
    ['$x', '$x', true],
    ['dir', 'dir/sub/file', true],
    ['dir', 'directory/file', false],
    ['.', 'anything/at/all', true],
    ['[', '[', true],
  ])('%s covers %s: %p', (text, path, covered) => {
    expect(pattern(clean(text)).covers(path)).toBe(covered);
  });

  test('is means exactly the path', () => {
    expect(pattern('a*').is('abc')).toBe(true);
    expect(pattern('a*').is('abc/def')).toBe(false);
    expect(pattern('.').is('a')).toBe(false);
  });
});

test.each([
  ['.', '.'],
  ['', '.'],
  ['/', '.'],
  ['./a//b/', 'a/b'],
  ['/a/../b', 'b'],
  ['../../a', 'a'],
  ['a/..', '.'],
])('clean(%j) is %j', (path, cleaned) => {
  expect(clean(path)).toBe(cleaned);
});

describe('ignoreRules', () => {
  const ignored = (text: string, path: string): boolean => ignoreRules(text)(path);

  test.each<[string, string, boolean]>([
    ['', 'a', false],
    ['*\n!src\n**/test', 'README.md', true],
    ['*\n!src\n**/test', 'src/main.js', false],
    ['*\n!src\n**/test', 'src/a/test/x.js', true],
    ['*.md\n!README.md', 'README.md', false],
    ['!README.md\n*.md', 'README.md', true],
    ['# *\n', 'a', false],
    [' docs \r\n', 'docs/a', true],
    ['/docs/', 'docs/a', true],
    ['./docs', 'docs/a', true],
    ['\uFEFFdocs', 'docs/a', true],
    ['! docs\ndocs', 'docs/a', true],
    // The root and what is outside mean nothing.
    ['.', 'a', false],
    ['/', 'a', false],
    ['../a', 'a', false],
  ])('%j hides %s: %p', (text, path, hidden) => {
    expect(ignored(text, path)).toBe(hidden);
  });
});
