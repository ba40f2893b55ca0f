import { afterAll, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import type { Verdict } from '../../../src/smoke/smoke.ts';
import { OLD_REVISION, planFor, prove, REVISION } from './plan-under-test.ts';
import { closeServers, hanging, inTurn, json, serve, text } from './server.ts';

const good = json({ status: 'healthy', revision: REVISION });
const old = json({ status: 'healthy', revision: OLD_REVISION });
const degraded = json({ status: 'degraded', revision: REVISION });
const unavailable = text('busy', 503);
const resets: RequestListener = (request) => request.socket.destroy();
const cutShort: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-length': '100' }).write('{');
  setTimeout(() => request.socket.destroy(), 5);
};
const slowBody: RequestListener = (_, response) => {
  response.writeHead(200).write('{');
};

const flapping: RequestListener = (() => {
  let count = 0;
  return (request, response) => {
    count += 1;
    (count % 3 === 0 ? unavailable : good)(request, response);
  };
})();

afterAll(closeServers);
await fetch(await serve(text(''))); // the first one of a process takes its time

const scenarios: [string, RequestListener, Verdict, RegExp][] = [
  ['right at once', good, 'pass', /^as expected 3 times in a row$/],
  [
    'right after wrong ones',
    inTurn(unavailable, old, resets, good),
    'pass',
    /^as expected 3 times/,
  ],
  [
    'a wrong one starts the count again',
    inTurn(good, good, old, good),
    'pass',
    /^as expected 3 times/,
  ],
  [
    'degraded while it warms up',
    inTurn(degraded, degraded, degraded, degraded, good),
    'pass',
    /^as/,
  ],
  ['degraded for ever', degraded, 'degraded', /^status is "degraded", expected "healthy"$/],
  [
    'degraded off and on',
    inTurn(good, good, degraded, good, good, degraded),
    'degraded',
    /^status is/,
  ],
  ['degraded, of another version', json({ status: 'degraded' }), 'fail', /^revision is missing/],
  ['degraded with a 503', json({ status: 'degraded', revision: REVISION }, 503), 'fail', /503/],
  [
    'the old version for ever',
    old,
    'fail',
    /^revision is "b+", expected "a+" \(another version answers\)$/,
  ],
  [
    'flapping',
    flapping,
    'fail',
    /^(as expected .* 3 are needed; before that: )?status is 503, expected 200$/,
  ],
  ['503', unavailable, 'fail', /^status is 503, expected 200$/],
  ['not JSON', text('<h1>Hello</h1>'), 'fail', /^the body is not JSON: "<h1>Hello<\/h1>"$/],
  ['an empty body', text(''), 'fail', /^the body is not JSON: ""$/],
  ['a missing field', json({ status: 'healthy' }), 'fail', /^revision is missing, expected "a+"$/],
  [
    'another type',
    json({ status: { healthy: true }, revision: [] }),
    'fail',
    /^status is an object, .*a list/,
  ],
  ['a huge body', text(`"${'x'.repeat(1_100_000)}"`), 'fail', /^the body is larger than 1 MiB$/],
  ['a slow body', slowBody, 'fail', /^the body did not end within 0\.\d s$/],
  ['a body cut short', cutShort, 'fail', /^the body broke off: /],
  [
    'a redirect',
    text('', 302, { location: '/login' }),
    'fail',
    /^status is 302 to "\/login", expected 200$/,
  ],
  [
    'heard once, then silent',
    inTurn(old, resets),
    'fail',
    /closed before an answer, although the host has answered$/,
  ],
  ['hanging', hanging, 'inconclusive', /^no answer within 0\.\d s$/],
  ['reset', resets, 'inconclusive', /^the connection was closed before an answer$/],
];

// Side by side, since most of them are only over when their time is up.
test.concurrent.each(scenarios)('%s', async (_, listener, verdict, why) => {
  const timeoutMs = { pass: 10_000, degraded: 1_000, fail: 300, inconclusive: 300 }[verdict];
  const result = await prove(planFor(await serve(listener), { timeoutMs }));
  expect(result).toMatchObject({ verdict, checks: [{ name: 'GET /health (web)', verdict }] });
  expect(result.checks[0]?.why).toMatch(why);
});
