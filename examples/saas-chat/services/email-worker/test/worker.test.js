import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker } from '../src/worker.js';

const at = new Date().toISOString();
const mail = (id, more = {}) => JSON.stringify({ id, at, ...more });

/** A queue in memory that several workers may share. */
function memoryQueue(...waiting) {
  const [inHand, sent, failed] = [[], [], []];
  const moveTo = (list) => async (text) => {
    inHand.splice(inHand.indexOf(text), 1);
    list.push(text);
  };
  const queue = {
    beat: async () => {},
    leave: async () => {},
    take: async () => {
      await sleep(1);
      const text = waiting.shift() ?? null;
      if (text !== null) inHand.push(text);
      return text;
    },
    sent: moveTo(sent),
    failed: moveTo(failed),
    later: moveTo(waiting),
  };
  return { waiting, inHand, sent, failed, queue };
}

/** Runs workers until `done()`; then stops them. */
async function work(workers, done) {
  const runs = workers.map((worker) => worker.run());
  while (!done()) await sleep(5);
  await Promise.all(workers.map((worker) => worker.stop()));
  await Promise.all(runs);
}

const quick = { beatMs: 1_000, pauseMs: 5 };

test('two workers send every mail once, in order of arrival', async () => {
  const store = memoryQueue(...Array.from({ length: 20 }, (_, i) => mail(i)));
  const delivered = [];
  const deliver = async ({ id }) => {
    delivered.push(id);
    await sleep(2);
  };
  const workers = [1, 2].map(() => createWorker({ queue: store.queue, deliver, ...quick }));
  await work(workers, () => store.sent.length === 20);
  assert.deepEqual(
    delivered,
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test('stop waits for the mail in hand and takes no other', async () => {
  const store = memoryQueue(mail(1), mail(2));
  const { promise: begun, resolve: begin } = Promise.withResolvers();
  const { promise: accepted, resolve: accept } = Promise.withResolvers();
  const deliver = () => {
    begin();
    return accepted;
  };
  const worker = createWorker({ queue: store.queue, deliver, ...quick });
  const running = worker.run();
  await begun;
  const stopped = worker.stop();
  assert.equal(await Promise.race([stopped, sleep(20, 'still busy')]), 'still busy');
  accept();
  await stopped;
  await running;
  assert.deepEqual([store.sent, store.waiting, store.inHand], [[mail(1)], [mail(2)], []]);
});

test('a server that is away, busy or locked is tried again, one that says no is not', async () => {
  const errors = {
    away: { code: 'ESOCKET' },
    busy: { responseCode: 451 },
    locked: { code: 'EAUTH', responseCode: 535 },
    no: { code: 'EENVELOPE', responseCode: 550 },
    old: { responseCode: 451 },
  };
  const old = mail('old', { at: '2026-01-01T00:00:00Z' });
  const store = memoryQueue(
    ...['away', 'busy', 'locked', 'no'].map((id) => mail(id)),
    old,
    '{',
    'null',
  );
  const tried = [];
  const deliver = async ({ id }) => {
    tried.push(id);
    if (id === 'no' || tried.indexOf(id) === tried.length - 1)
      throw Object.assign(new Error('not delivered'), errors[id]);
  };
  const worker = createWorker({ queue: store.queue, deliver, ...quick });
  await work([worker], () => store.sent.length === 3 && store.failed.length === 4);
  assert.deepEqual(store.sent, [mail('away'), mail('busy'), mail('locked')]);
  assert.deepEqual(store.failed, [mail('no'), old, '{', 'null']);
  assert.equal(tried.filter((id) => id === 'no').length, 1);
});

test('Redis going away after a delivery does not deliver it again', async () => {
  const store = memoryQueue(mail(1));
  let refusals = 3;
  const refusing =
    (action) =>
    async (...args) => {
      if (refusals-- > 0) throw new Error('redis is unreachable');
      return action(...args);
    };
  let deliveries = 0;
  const deliver = async () => void deliveries++;
  const queue = { ...store.queue, sent: refusing(store.queue.sent) };
  const worker = createWorker({ queue, deliver, ...quick });
  await work([worker], () => store.sent.length === 1);
  assert.equal(deliveries, 1);
});

test('without Redis it waits, and still stops at once', async () => {
  const away = () => Promise.reject(new Error('redis is unreachable'));
  const queue = { beat: away, take: away, leave: away };
  const worker = createWorker({ queue, deliver: async () => {}, beatMs: 1_000, pauseMs: 60_000 });
  const running = worker.run();
  await sleep(10);
  await worker.stop();
  await running;
});
