import { describe, expect, test } from '@jest/globals';
import { formatSize, parseSize } from '../../../src/kit/size.ts';

describe('sizes', () => {
  test.each([['1B', 1], ['2kB', 2000], ['2 kiB', 2048], ['500MB', 5e8], ['1.5GiB', 1.5 * 2 ** 30]])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  }); // prettier-ignore

  test('for people', () => {
    expect([
      formatSize(0),
      formatSize(88_250_000),
      formatSize(-1_400_000),
      formatSize(2.5e9),
    ]).toEqual(['0.0 MB', '88.3 MB', '-1.4 MB', '2.50 GB']);
  });

  test('anything else is refused', () => {
    expect(() => parseSize('500')).toThrow(expect.objectContaining({ id: 'bad-size' }));
  });
});
