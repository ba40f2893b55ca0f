import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createService } from '@saas-chat/service-kit';
import { orchestratorRoutes } from '../src/routes.js';

const answers = (body) => async () => ({ status: 200, body });
const fails = () => Promise.reject(new Error('refused'));
const well = {
  auth: answers({ user: 'ada' }),
  chat: answers({ messages: ['hello'] }),
  billing: answers({ plan: 'team' }),
};

async function serve(t, { auth, chat, billing }) {
  const release = { service: 'orchestrator', version: '1.0.0', revision: 'abc' };
  const routes = orchestratorRoutes({
    release,
    auth: { verify: auth },
    chat: { get: chat },
    billing: { get: billing },
  });
  const server = createService({ release, routes });
  await once(server.listen(0), 'listening');
  t.after(() => server.close());
  return async (path, init) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
}

test('the overview is what three services say', async (t) => {
  const call = await serve(t, well);
  assert.deepEqual(await call('/overview?complete'), {
    status: 200,
    body: {
      complete: true,
      missing: {},
      user: 'ada',
      messages: ['hello'],
      invoice: { plan: 'team' },
      revision: 'abc',
    },
  });
});

test('they are asked in the name of the caller', async (t) => {
  const asked = [];
  const note =
    (answer) =>
    (...args) => {
      asked.push(args);
      return answer();
    };
  const noting = Object.fromEntries(Object.entries(well).map(([name, a]) => [name, note(a)]));
  const call = await serve(t, noting);
  await call('/overview?fresh', { headers: { authorization: 'Bearer a.b' } });
  const options = { fresh: true, headers: { authorization: 'Bearer a.b' } };
  assert.deepEqual(asked, [
    ['a.b', { fresh: true }],
    ['/messages', options],
    ['/invoice', options],
  ]);
});

test('a part that is missing is named; nothing at all, or a check, is an error', async (t) => {
  const ill = {
    ...well,
    billing: fails,
    chat: async () => ({ status: 500, body: { error: 'x' } }),
  };
  const call = await serve(t, ill);
  const { status, body } = await call('/overview');
  assert.deepEqual([status, body.complete, body.user], [200, false, 'ada']);
  assert.deepEqual(body.missing, { chat: 'answered 500: x', billing: 'refused' });
  assert.deepEqual(await call('/overview?complete'), {
    status: 502,
    body: { error: 'no answer from chat, billing' },
  });

  const none = await serve(t, { auth: fails, chat: fails, billing: fails });
  assert.equal((await none('/overview')).status, 502);
});

test('a session that has ended is 401, whatever the others say', async (t) => {
  const call = await serve(t, { ...well, auth: async () => ({ status: 401, body: {} }) });
  assert.equal((await call('/overview')).status, 401);
});
