import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createService } from '@saas-chat/service-kit';
import { billingRoutes } from '../src/routes.js';

async function serve(t, user = 'ada') {
  const release = { service: 'billing', version: '1.0.0', revision: 'abc' };
  const chosen = {};
  const usage = {};
  const sent = [];
  const accounts = {
    subscribe: async (workspace, plan) => (chosen[workspace] = plan),
    planOf: async (workspace) => chosen[workspace] ?? 'free',
    addUsage: async (month, counts) => {
      for (const [workspace, n] of counts) usage[`${month} ${workspace}`] = n;
    },
    usageOf: async (month, workspace) => usage[`${month} ${workspace}`] ?? 0,
  };
  const routes = billingRoutes({
    release,
    auth: { verify: async () => ({ status: 200, body: { user } }) },
    accounts,
    mails: { add: async (mail) => sent.push(mail) },
    now: () => new Date('2026-11-30T23:59:59Z'),
  });
  const server = createService({ release, routes });
  await once(server.listen(0), 'listening');
  t.after(() => server.close());
  const call = async (path, init) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  return { call, sent };
}

const post = (body) => ({ method: 'POST', body: JSON.stringify(body) });

test('usage and plan make the invoice', async (t) => {
  const { call, sent } = await serve(t);
  assert.equal((await call('/usage', post({ counts: { ada: 10_050 } }))).status, 202);
  const { status } = await call('/subscription', post({ plan: 'team', email: 'ada@example.com' }));
  assert.equal(status, 201);
  assert.deepEqual((await call('/invoice')).body, {
    workspace: 'ada',
    month: '2026-11',
    currency: 'EUR',
    plan: 'team',
    messages: 10_050,
    included: 10_000,
    extra: 50,
    total_cents: 1_950,
    revision: 'abc',
  });
  assert.deepEqual(
    sent.map(({ to }) => to),
    ['ada@example.com'],
  );
});

test('a workspace without a plan is on the free one', async (t) => {
  const { call } = await serve(t);
  const { plan, total_cents } = (await call('/invoice')).body;
  assert.deepEqual([plan, total_cents], ['free', 0]);
});

test('a subscription needs a plan that exists, an address and a name; else no mail leaves', async (t) => {
  const { call, sent } = await serve(t);
  const email = 'ada@example.com';
  for (const plan of ['gold', 'constructor', undefined])
    assert.equal((await call('/subscription', post({ plan, email }))).status, 400);
  for (const address of ['', 'ada', 'a@b\r\nBcc: c@d', 'a@b, c@d', undefined])
    assert.equal((await call('/subscription', post({ plan: 'team', email: address }))).status, 400);

  const guest = await serve(t, 'guest');
  assert.equal((await guest.call('/subscription', post({ plan: 'team', email }))).status, 401);
  assert.deepEqual([...sent, ...guest.sent], []);
});
