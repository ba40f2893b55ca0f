import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createService } from '@saas-chat/service-kit';
import { analyticsRoutes } from '../src/routes.js';

async function serve(t) {
  const release = { service: 'analytics', version: '1.0.0', revision: 'abc' };
  const days = {};
  const counts = {
    add: async (day, added) => {
      days[day] ??= {};
      for (const [name, n] of added) days[day][name] = (days[day][name] ?? 0) + n;
    },
    of: async (day) => days[day] ?? {},
  };
  const now = () => new Date('2026-11-21T23:59:59Z');
  const server = createService({ release, routes: analyticsRoutes({ release, counts, now }) });
  await once(server.listen(0), 'listening');
  t.after(() => server.close());
  return async (path, init) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
}

const events = (counts) => ({ method: 'POST', body: JSON.stringify({ counts }) });

test('events add up, day by day', async (t) => {
  const call = await serve(t);
  assert.equal(
    (await call('/events', events({ 'user.asked': 2, 'message.posted': 1 }))).status,
    202,
  );
  assert.equal((await call('/events', events({ 'user.asked': 3 }))).status, 202);
  const day = '2026-11-21';
  const counts = { 'user.asked': 5, 'message.posted': 1 };
  assert.deepEqual((await call('/counts')).body, { day, counts, revision: 'abc' });
  assert.deepEqual((await call('/counts?day=2026-11-20')).body.counts, {});
});

test('only what is an event and a day is taken', async (t) => {
  const call = await serve(t);
  for (const name of ['', 'Name', 'a b', 'a.', 'a.b.c.d.e', 'x'.repeat(65)])
    assert.equal((await call('/events', events({ [name]: 1 }))).status, 400, name);
  assert.equal((await call('/counts?day=today')).status, 400);
});
