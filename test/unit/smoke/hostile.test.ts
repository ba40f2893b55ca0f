import { afterEach, expect, test } from '@jest/globals';
import { smokeSummary } from '../../../src/smoke/summary.ts';
import { planFor, prove, REVISION } from './plan-under-test.ts';
import { closeServers, json, serve, text } from './server.ts';

afterEach(closeServers);

const ATTACK = '\n::error::x\r\n##[error]y\u001b[31m\u2028| <img src=x> `a` **b**';

test.each([
  ['a field', json({ status: 'healthy', revision: ATTACK })],
  ['a body', text(ATTACK)],
  ['a location', text('', 302, { location: '/##[error]| <img src=x> `a` **b**' })],
])('%s that attacks the log or the summary arrives as plain text', async (_, listener) => {
  const result = await prove(planFor(await serve(listener)));
  const lines = [...result.told, result.sentence, ...result.checks.map(({ why }) => why)];
  for (const line of lines) {
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u2028]|##\[|^\s*::/);
  }
  const [, sentence = '', rows = ''] = smokeSummary(result);
  expect(sentence).not.toMatch(/(?<!\\)[<`|*]/);
  expect(rows.split('\n')).toHaveLength(3);
  expect(rows.split('\n')[2]?.match(/(?<!\\)\|/g)).toHaveLength(6);
});

test('what is quoted is short', async () => {
  const { checks } = await prove(planFor(await serve(text('x'.repeat(100_000)))));
  expect(checks[0]?.why.length).toBeLessThan(200);
});

test('a document nested beyond reason is a wrong answer, not a crash', async () => {
  const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
  const body = `{"status":${deep},"revision":"${REVISION}"}`;
  const { verdict } = await prove(planFor(await serve(text(body)), { timeoutMs: 500 }));
  expect(verdict).toBe('fail');
});

test('nothing is taken from what a document only inherits', async () => {
  const checks = [{ get: '/', expect: { json: { 'constructor.name': 'Object', 'a.length': 0 } } }];
  const { verdict, checks: results } = await prove(
    planFor(await serve(json({ a: [] })), { checks }),
  );
  expect(verdict).toBe('fail');
  expect(results[0]?.why).toBe(
    'constructor.name is missing, expected "Object"; a.length is missing, expected 0',
  );
});

test('dotted paths lead through objects and lists, and values are compared exactly', async () => {
  const url = await serve(json({ nodes: [{ role: 'primary', up: true }], count: 3, none: null }));
  const right = { 'nodes.0.role': 'primary', 'nodes.0.up': true, count: 3 };
  const pass = await prove(planFor(url, { checks: [{ get: '/', expect: { json: right } }] }));
  expect(pass.verdict).toBe('pass');
  const wrong = { count: '3', none: '', 'nodes.1.role': 'replica' };
  const fail = await prove(planFor(url, { checks: [{ get: '/', expect: { json: wrong } }] }));
  expect(fail.checks[0]?.why).toBe(
    'count is 3, expected "3"; none is null, expected ""; nodes.1.role is missing, expected "replica"',
  );
});

test('the summary', async () => {
  const result = await prove(planFor(await serve(json({ status: 'healthy', revision: REVISION }))));
  const [title, , rows] = smokeSummary(result);
  expect(title).toBe('### Smoke test: pass');
  expect(rows?.replace(/\d+ ms/, '5 ms')).toBe(
    [
      '| Check | Verdict | Attempts | Last answer | Why |',
      '| --- | --- | --- | --- | --- |',
      '| `GET /health (web)` | pass | 3 | 200 in 5 ms | as expected 3 times in a row |',
    ].join('\n'),
  );
});
