import { expect, test } from '@jest/globals';
import { systemClock } from '../../../src/kit/clock.ts';

test('the real clock tells the time and sleeps', async () => {
  const before = Date.now();
  const started = systemClock.now();
  await systemClock.sleep(20);
  expect(started).toBeGreaterThanOrEqual(before);
  // Timers and the clock round differently by up to a millisecond.
  expect(systemClock.now() - started).toBeGreaterThanOrEqual(19);
});

test('a sleep ends when its signal says so', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(60_000, controller.signal);
  controller.abort();
  await expect(sleep).rejects.toMatchObject({ name: 'AbortError' });
});
