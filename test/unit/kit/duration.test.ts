import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../src/kit/duration.ts';
import { problemOf } from './support.ts';

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['0s', 0],
    ['2s', 2_000],
    ['5m', 300_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    ['1.5s', 1_500],
    ['1h2m3s4ms', 3_723_004],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text, 'x')).toBe(ms);
  });

  test.each(['', '5', 's', '-1s', '1 s', '1S', '1s ', '1.s', '.5s', '1e3s', '1w', '0x1s', '1s\n'])(
    '%j is none',
    (text) => {
      expect(problemOf(() => parseDuration(text, 'The input timeout'))).toMatchObject({
        id: 'bad-duration',
        message: 'The input timeout is not a duration.',
        value: text,
      });
    },
  );

  test('its parts add up, in any order and number', () => {
    const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    const part = fc.tuple(
      fc.nat(1_000),
      fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(([amount, unit]) => `${amount}${unit}`).join('');
        const ms = parts.reduce((sum, [amount, unit]) => sum + amount * units[unit], 0);
        expect(parseDuration(text, 'x')).toBe(ms);
      }),
    );
  });

  test('any other text is refused with bad-duration, never read as a number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text));
        expect(problemOf(() => parseDuration(text, 'x')).id).toBe('bad-duration');
      }),
    );
  });
});

test.each([
  [0, '0.0 s'],
  [400, '0.4 s'],
  [12_345, '12.3 s'],
  [60_000, '1 m 00 s'],
  [125_400, '2 m 05 s'],
  [119_600, '2 m 00 s'],
  [3_600_000, '60 m 00 s'],
])('%d ms are shown as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
