import { expect, test } from '@jest/globals';
import { mask } from '../../../src/kit/mask.ts';
import { stdoutOf } from './support.ts';

test.each([
  ['one line', 'hunter2-hunter2', ['hunter2-hunter2']],
  [
    'several lines',
    'first\nsecond\r\nthird',
    ['first%0Asecond%0D%0Athird', 'first', 'second', 'third'],
  ],
  ['space around it', '  padded  \n', ['padded']],
  ['lines twice', 'same\nsame', ['same%0Asame', 'same']],
  ['short lines are left', 'long enough\nab\n}', ['long enough%0Aab%0A}', 'long enough']],
  ['a percent sign', '100%0A', ['100%250A']],
  ['too short altogether', 'abc', []],
  ['nothing', '', []],
])('%s', async (_, secret, masked) => {
  const said = await stdoutOf(() => {
    mask(secret);
  });
  expect(said.split('\n').filter(Boolean)).toEqual(masked.map((part) => `::add-mask::${part}`));
});
