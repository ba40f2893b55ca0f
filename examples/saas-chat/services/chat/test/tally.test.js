import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTally } from '../src/tally.js';

test('counts leave together, the last ones at the end', async () => {
  const sent = [];
  const send = async (body) => {
    sent.push(body);
    return { status: 202 };
  };
  const tally = createTally(send);
  for (const name of ['a', 'b', 'a']) tally.count(name);
  await tally.close();
  await tally.close();
  assert.deepEqual(sent, [{ counts: { a: 2, b: 1 } }]);
});

test('they leave by themselves', async (t) => {
  const { promise, resolve } = Promise.withResolvers();
  const send = async (body) => {
    resolve(body);
    return { status: 202 };
  };
  const tally = createTally(send, { everyMs: 10 });
  t.after(tally.close);
  const awake = setInterval(() => {}, 1_000); // The tally by itself keeps no process alive.
  t.after(() => clearInterval(awake));
  tally.count('a');
  assert.deepEqual(await promise, { counts: { a: 1 } });
});

test('what the other service does not take disturbs nobody and is not sent again', async () => {
  for (const outcome of [() => Promise.reject(new Error('gone')), async () => ({ status: 503 })]) {
    let calls = 0;
    const tally = createTally(() => {
      calls++;
      return outcome();
    });
    tally.count('a');
    await tally.close();
    await tally.close();
    assert.equal(calls, 1);
  }
});
