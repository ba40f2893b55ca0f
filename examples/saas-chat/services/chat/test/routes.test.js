import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createService } from '@saas-chat/service-kit';
import { chatRoutes } from '../src/routes.js';

const ada = async () => ({ status: 200, body: { user: 'ada', revision: 'auth-1' } });

async function serve(t, verify = ada) {
  const release = { service: 'chat', version: '1.0.0', revision: 'chat-1' };
  const kept = [];
  const messages = { add: async (message) => kept.push(message), list: async () => kept };
  const counted = [];
  const events = { count: (name) => counted.push(name) };
  const usage = { count: (user) => counted.push(user) };
  const routes = chatRoutes({ release, auth: { verify }, messages, events, usage });
  const server = createService({ release, routes });
  await once(server.listen(0), 'listening');
  t.after(() => server.close());
  const call = async (path, init) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  return { call, counted };
}

const post = (message) => ({ method: 'POST', body: JSON.stringify(message) });

test('whoami passes on the token and how to connect, and names both revisions', async (t) => {
  const calls = [];
  const { call } = await serve(t, (...asked) => {
    calls.push(asked);
    return ada();
  });
  const { body } = await call('/whoami', { headers: { authorization: 'Bearer a.b' } });
  assert.deepEqual(body, { user: 'ada', revisions: { chat: 'chat-1', auth: 'auth-1' } });
  await call('/whoami?fresh=1');
  assert.deepEqual(calls, [
    ['a.b', { fresh: false }],
    [undefined, { fresh: true }],
  ]);
});

test('what auth refuses is 401, what auth cannot answer is 502 with the reason', async (t) => {
  const { call: refused } = await serve(t, async () => ({ status: 401, body: { error: 'ended' } }));
  assert.deepEqual(await refused('/whoami'), { status: 401, body: { error: 'ended' } });

  const { call: broken } = await serve(t, async () => ({ status: 500, body: { error: 'broken' } }));
  assert.deepEqual(await broken('/whoami'), {
    status: 502,
    body: { error: 'auth answered 500: broken' },
  });

  const { call: gone } = await serve(t, () => Promise.reject(new Error('refused')));
  assert.deepEqual(await gone('/whoami'), {
    status: 502,
    body: { error: 'auth does not answer: refused' },
  });
});

test('messages are kept, signed by their author, and counted once', async (t) => {
  const { call, counted } = await serve(t);
  assert.equal((await call('/messages', post({ text: 'hello' }))).status, 201);
  assert.equal((await call('/messages', post({ text: '' }))).status, 400);
  const [message, ...others] = (await call('/messages')).body.messages;
  assert.deepEqual([message.user, message.text, others.length], ['ada', 'hello', 0]);
  assert.deepEqual(counted, ['message.posted', 'ada']);
});
