import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastLines, plural, safeLine } from '../../../src/kit/text.ts';

// Texts made of what log injections are made of, so that random search finds the combinations.
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('##[', '#', '[', '::', '\u001b[31m', '\u001b]8;;x\u0007', '\u009b1m', '\r\n'),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('\u0000', '\u0085', '\u2028', '\u2029', '\u007f', '\t', '\b'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('safeLine', () => {
  test('leaves no control character, no line break and no ##[', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const safe = safeLine(text);
        expect(safe).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(safe).not.toContain('##[');
      }),
      { numRuns: 1_000 },
    );
  });

  test('is the same when it is done twice', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safeLine(safeLine(text))).toBe(safeLine(text));
      }),
    );
  });

  test.each([
    ['plain text, äöü and 日本', 'plain text, äöü and 日本'],
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['50%\r100%', '50% 100%'],
    ['a\tb', 'a b'],
    ['x ##[error]y', 'x ## [error]y'],
    ['###[x', '### [x'],
    ['##\u001b[0m[error]', '## [error]'],
  ])('%j becomes %j', (text, safe) => {
    expect(safeLine(text)).toBe(safe);
  });
});

test('lastLines gives the end of a text without its empty lines', () => {
  expect(lastLines('a\r\n\r\nb\n  \nc\n', 2)).toEqual(['b', 'c']);
  expect(lastLines('a', 5)).toEqual(['a']);
  expect(lastLines('\n', 1)).toEqual([]);
});

test.each([
  [0, '0 hosts'],
  [1, '1 host'],
  [2, '2 hosts'],
])('%d: %s', (count, text) => {
  expect(plural(count, 'host')).toBe(text);
});
