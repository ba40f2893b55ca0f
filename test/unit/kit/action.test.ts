import { afterEach, describe, expect, test } from '@jest/globals';
import { failWith, runAction } from '../../../src/kit/action.ts';
import { UserError } from '../../../src/kit/errors.ts';
import { stdoutOf } from './support.ts';

// An exit code that stayed would fail jest itself.
afterEach(() => (process.exitCode = undefined));

describe('runAction', () => {
  test('a mistake of the user fails the step in words', async () => {
    const said = await stdoutOf(() =>
      runAction('aborted', () =>
        Promise.reject(new UserError({ id: 'x', message: 'No.', value: 'v', fix: 'Do.' })),
      ),
    );
    expect(said).toContain('::error::No. [x]%0AValue: v%0AFix: Do.\n');
    expect(said).toContain('name=outcome::aborted');
    expect(process.exitCode).toBe(1);
  });

  test('a bug fails the step and asks to be reported', async () => {
    const said = await stdoutOf(() =>
      runAction('aborted', () => Promise.reject(new TypeError('broken'))),
    );
    expect(said).toMatch(/^::error::This is a bug in Slipway, please report it: TypeError: broken/);
    expect(process.exitCode).toBe(1);
  });

  test('what goes well leaves the exit code alone', async () => {
    expect(await stdoutOf(() => runAction('aborted', () => Promise.resolve()))).toBe('');
    expect(process.exitCode).toBeUndefined();
  });
});

test('failWith gives the step an exit code of its own', async () => {
  const said = await stdoutOf(() => {
    failWith(11, 'It was taken back.');
  });
  expect(said).toBe('::error::It was taken back.\n');
  expect(process.exitCode).toBe(11);
});
