import { describe, expect, test } from '@jest/globals';
import { parseDotenv, valuesOf } from '../../../src/config/dotenv.ts';
import { problemOf } from '../kit/support.ts';
import { BROKEN, NASTY } from './dotenv-cases.ts';

const values = (text: string): Record<string, string> =>
  Object.fromEntries(valuesOf(parseDotenv(text, 'x')));

// The same tables are held against the real Compose in test/integration/deploy/dotenv.test.ts.
test.each(NASTY)('%s', (_what, text, expected) => {
  expect(values(text)).toEqual(expected);
});

describe('an error names the line and nothing else', () => {
  test.each(BROKEN)('%s', (_what, text, line) => {
    const { id, message, value, fix } = problemOf(() => parseDotenv(text, 'the input env'));
    expect({ id, value }).toEqual({ id: 'env-invalid', value: `line ${line}` });
    expect(message).toMatch(new RegExp(`^Line ${line} of the input env `));
    expect(`${message}${fix}`).not.toMatch(/hunter2/);
  });
});

test('each entry knows its line, and how it was written', () => {
  const text = '# one\n\nA=1\nexport B="two\\n\nlines" # why\nC\nD: $A\nA=$NONE';
  expect(parseDotenv(text, 'x')).toEqual([
    { name: 'A', value: '1', written: '1', line: 3, unset: false },
    { name: 'B', value: 'two\n\nlines', written: 'two\\n\nlines', line: 4, unset: false },
    { name: 'C', value: undefined, written: '', line: 6, unset: false },
    { name: 'D', value: '1', written: '$A', line: 7, unset: false },
    { name: 'A', value: '', written: '$NONE', line: 8, unset: true },
  ]);
});

test('what the environment around holds wins over the text', () => {
  const entries = parseDotenv('HOME=/x\nA=$HOME/a\nHOME\n', 'x', (name) =>
    name === 'HOME' ? '/home/deploy' : undefined,
  );
  expect(valuesOf(entries).get('A')).toBe('/home/deploy/a');
});

test.each([
  ['an endless value', `A="${'x\\"'.repeat(40_000)}`],
  ['an escape at the end', `A='${'\\\n'.repeat(60_000)}`],
  ['nested words', `A=${'${B:-'.repeat(5_000)}${'}'.repeat(5_000)}`],
])('%s is refused in no time', (_what, text) => {
  expect(problemOf(() => parseDotenv(text, 'x')).id).toBe('env-invalid');
});
