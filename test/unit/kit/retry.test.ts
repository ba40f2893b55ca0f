import { describe, expect, test } from '@jest/globals';
import { retry } from '../../../src/kit/retry.ts';
import { FakeClock } from './support.ts';

const always = (): boolean => true;

/** Fails as often as it is told to, then says how often it was called. */
function flaky(failures: number): () => Promise<number> {
  let calls = 0;
  return () => {
    calls += 1;
    return calls <= failures
      ? Promise.reject(new Error(`failure ${calls}`))
      : Promise.resolve(calls);
  };
}

describe('retry', () => {
  test('runs until it succeeds', async () => {
    const clock = new FakeClock();
    expect(await retry(flaky(2), { attempts: 3, pauseMs: 100, retryable: always }, clock)).toBe(3);
    expect(clock.sleeps).toHaveLength(2);
  });

  test('does not pause when the first attempt succeeds', async () => {
    const clock = new FakeClock();
    expect(await retry(flaky(0), { attempts: 3, pauseMs: 100, retryable: always }, clock)).toBe(1);
    expect(clock.sleeps).toEqual([]);
  });

  test('throws the last error after the last attempt, without a pause behind it', async () => {
    const clock = new FakeClock();
    const work = retry(flaky(9), { attempts: 3, pauseMs: 100, retryable: always }, clock);
    await expect(work).rejects.toThrow('failure 3');
    expect(clock.sleeps).toHaveLength(2);
  });

  test('gives up at once on what no attempt can mend', async () => {
    const clock = new FakeClock();
    const retryable = (error: unknown): boolean => !(error as Error).message.includes('2');
    const work = retry(flaky(9), { attempts: 5, pauseMs: 100, retryable }, clock);
    await expect(work).rejects.toThrow('failure 2');
    expect(clock.sleeps).toHaveLength(1);
  });

  test('pauses are drawn from zero up to a bound that doubles, and announced before', async () => {
    const drawn: number[][] = [];
    for (let run = 0; run < 200; run += 1) {
      const clock = new FakeClock();
      const told: number[] = [];
      await retry(
        flaky(3),
        {
          attempts: 4,
          pauseMs: 100,
          retryable: always,
          onRetry: (error, pauseMs) => {
            expect((error as Error).message).toBe(`failure ${told.length + 1}`);
            expect(clock.sleeps).toEqual(told);
            told.push(pauseMs);
          },
        },
        clock,
      );
      expect(clock.sleeps).toEqual(told);
      drawn.push(told);
    }
    for (const [attempt, bound] of [100, 200, 400].entries()) {
      const pauses = drawn.map((one) => one[attempt] ?? NaN);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(bound);
      // The chance that 200 draws all miss one half of the range is 2^-199.
      expect(Math.max(...pauses)).toBeGreaterThan(bound / 2);
      expect(Math.min(...pauses)).toBeLessThan(bound / 2);
    }
  });

  test('no pause is shorter than what was asked for', async () => {
    const clock = new FakeClock();
    const atLeastMs = (error: unknown): number =>
      (error as Error).message === 'failure 1' ? 5000 : 0;
    await retry(flaky(2), { attempts: 3, pauseMs: 1, retryable: always, atLeastMs }, clock);
    const [first = 0, second] = clock.sleeps;
    expect(first).toBeGreaterThanOrEqual(5000);
    expect(second).toBeLessThanOrEqual(2);
  });
});
