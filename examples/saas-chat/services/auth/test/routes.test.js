import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createService } from '@saas-chat/service-kit';
import { authRoutes } from '../src/routes.js';
import { createTokens } from '../src/tokens.js';

async function serve(t) {
  const release = { service: 'auth', version: '1.0.0', revision: 'abc' };
  const kept = new Map();
  const sessions = {
    save: async (id, user) => kept.set(id, user),
    find: async (id) => kept.get(id) ?? null,
  };
  const tokens = createTokens('secret');
  const server = createService({ release, routes: authRoutes({ release, tokens, sessions }) });
  await once(server.listen(0), 'listening');
  t.after(() => server.close());
  const call = async (path, init) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  return { call, kept };
}

const login = (user) => ({ method: 'POST', body: JSON.stringify({ user }) });

test('who signs in is known by the token, until the session ends', async (t) => {
  const { call, kept } = await serve(t);
  const { status, body } = await call('/login', login('ada'));
  assert.equal(status, 201);
  const verify = () => call(`/verify?token=${body.token}`);
  assert.deepEqual(await verify(), { status: 200, body: { user: 'ada', revision: 'abc' } });
  kept.clear();
  assert.equal((await verify()).status, 401);
});

test('without a token one is a guest, with a wrong one nobody', async (t) => {
  const { call } = await serve(t);
  assert.equal((await call('/verify')).body.user, 'guest');
  assert.equal((await call('/verify?token=a.b')).status, 401);
});

test('a name is needed to sign in', async (t) => {
  const { call } = await serve(t);
  for (const user of ['', 7, undefined, 'x'.repeat(65)])
    assert.equal((await call('/login', login(user))).status, 400);
});
