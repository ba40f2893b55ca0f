import { describe, expect, test } from '@jest/globals';
import {
  assertNever,
  describe as describeError,
  messageOf,
  UserError,
} from '../../../src/kit/errors.ts';

const problem = { id: 'bad-host', message: 'That is no host.', value: 'a b', fix: 'Write one.' };

describe('UserError', () => {
  test('carries identifier, value, fix and cause', () => {
    const cause = new Error('why');
    const error = new UserError(problem, { cause });
    expect(error).toMatchObject(problem);
    expect(error.name).toBe('UserError');
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });
});

describe('describe', () => {
  test('shows a user what is wrong, the value and the fix, without a stack', () => {
    expect(describeError(new UserError(problem))).toBe(
      'That is no host. [bad-host]\nValue: a b\nFix: Write one.',
    );
  });

  test('leaves out a value that is not there', () => {
    const text = describeError(new UserError({ id: 'x', message: 'No.', fix: 'Do.' }));
    expect(text).toBe('No. [x]\nFix: Do.');
  });

  test('keeps the stack of a bug and says that it is one', () => {
    const text = describeError(new TypeError('broken'));
    expect(text).toMatch(/^This is a bug in Slipway, please report it: TypeError: broken\n\s+at /);
  });

  test('copes with anything that was thrown', () => {
    expect(describeError('text')).toBe('This is a bug in Slipway, please report it: text');
  });
});

test('messageOf', () => {
  expect(messageOf(new Error('a'))).toBe('a');
  expect(messageOf(7)).toBe('7');
});

test('assertNever names the value', () => {
  expect(() => assertNever({ a: 1 } as never)).toThrow('unexpected value: {"a":1}');
});
