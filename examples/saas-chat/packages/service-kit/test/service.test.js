import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createService, readCounts, readJson } from '../src/index.js';

async function serve(t, options) {
  const server = createService({
    release: { service: 'demo', version: '1.0.0', revision: 'abc' },
    routes: {
      'POST /say': async ({ request }) => ({ status: 201, body: await readJson(request) }),
    },
    ...options,
  }).listen(0);
  await once(server, 'listening');
  t.after(() => server.close());
  return async (path, init) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
}

const say = (body) => ({ method: 'POST', body });

test('routes answer JSON', async (t) => {
  const call = await serve(t);
  assert.deepEqual(await call('/say', say('{"a":1}')), { status: 201, body: { a: 1 } });
  assert.equal((await call('/say', say('{'))).status, 400);
  assert.equal((await call('/nowhere')).status, 404);
});

test('counts are names with whole numbers above 0', async (t) => {
  const isName = (name) => name !== 'bad';
  const call = await serve(t, {
    routes: { 'POST /say': async ({ request }) => ({ body: await readCounts(request, isName) }) },
  });
  assert.deepEqual((await call('/say', say('{"counts":{"a":1,"b":2}}'))).body, [
    ['a', 1],
    ['b', 2],
  ]);
  for (const counts of [
    '{"bad":1}',
    '{"a":0}',
    '{"a":1.5}',
    '{"a":"1"}',
    '{}',
    'null',
    '"a"',
    '[]',
  ])
    assert.equal((await call('/say', say(`{"counts":${counts}}`))).status, 400, counts);
});

test('health names the release; without a component it is 503, but the process lives', async (t) => {
  const well = await serve(t);
  const { status, body } = await well('/health');
  assert.equal(status, 200);
  assert.deepEqual([body.status, body.revision, body.version], ['healthy', 'abc', '1.0.0']);

  const ill = await serve(t, { components: { redis: () => Promise.reject(new Error('gone')) } });
  assert.equal((await ill('/health')).status, 503);
  assert.equal((await ill('/health/ready')).status, 503);
  assert.equal((await ill('/health/live')).status, 200);
});

test('detailed health adds how each component and the process are doing', async (t) => {
  const call = await serve(t, { components: { redis: async () => 'PONG' } });
  const { status, body } = await call('/health/detailed');
  assert.deepEqual([status, body.status, body.revision], [200, 'healthy', 'abc']);
  assert.equal(typeof body.components.redis.response_time_ms, 'number');
  assert.equal(body.process.node, process.version);

  const ill = await serve(t, { components: { redis: () => Promise.reject(new Error('gone')) } });
  assert.equal((await ill('/health/detailed')).status, 503);
});

test('BROKEN=unhealthy and BROKEN=lying do what they say', async (t) => {
  const unhealthy = await serve(t, { chaos: { unhealthy: true } });
  assert.equal((await unhealthy('/health')).status, 503);
  assert.equal((await unhealthy('/say', say('{}'))).status, 201);

  const lying = await serve(t, { chaos: { lying: true } });
  assert.equal((await lying('/health')).status, 200);
  assert.equal((await lying('/say', say('{}'))).status, 500);
});
