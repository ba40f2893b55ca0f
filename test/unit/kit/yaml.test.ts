import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../../src/kit/errors.ts';
import { readYaml } from '../../../src/kit/yaml.ts';
import { problemOf } from './support.ts';

const refuse = (why: string, line: number | undefined): UserError =>
  new UserError({ id: 'refused', message: why, value: String(line), fix: '' });

describe('readYaml', () => {
  test('gives what it says', () => {
    expect(readYaml('a: &x [1]\nb: *x', refuse).data).toEqual({ a: [1], b: [1] });
  });

  test.each([
    ['a: [x', '1', /^Flow sequence/],
    ['a: 1\nb: "x', '2', /^Missing closing "quote/],
    ['a: *x', 'undefined', /^Unresolved alias .*: x$/],
    ['a: &x [1]\nb: ~\nc: *y', 'undefined', /^Unresolved alias .*: y$/],
  ])('%j is refused', (text, line, why) => {
    const problem = problemOf(() => readYaml(text, refuse));
    expect(problem.value).toBe(line);
    expect(problem.message).toMatch(why);
    expect(problem.message).not.toContain('\n');
  });

  test.each(['a: &a { b: *a }', '&a [*a]'])('%j, which has no end, is refused', (text) => {
    expect(problemOf(() => readYaml(text, refuse)).message).toBe(
      'an alias stands within what it is an alias of',
    );
  });

  test('an alias cannot eat the memory', () => {
    const level = (name: string, of: string): string =>
      `${name}: &${name} [${Array<string>(10).fill(`*${of}`).join(', ')}]`;
    const text = ['a: &a [x]', level('b', 'a'), level('c', 'b'), level('d', 'c')].join('\n');
    expect(problemOf(() => readYaml(text, refuse)).message).toContain('Excessive alias count');
  });
});
