import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import type { RequestListener } from 'node:http';
import { health, OLD_REVISION, planFor, prove, REVISION } from './plan-under-test.ts';
import { closeServers, hanging, inTurn, json, nobody, serve, text } from './server.ts';

const good = json({ status: 'healthy', revision: REVISION });
const old = json({ status: 'healthy', revision: OLD_REVISION });
const degraded = json({ status: 'degraded', revision: REVISION });
const unavailable = text('busy', 503);

beforeAll(async () => {
  await fetch(await serve(good)); // the first one of a process takes its time
});
afterEach(closeServers);

test('refused is inconclusive', async () => {
  const url = await nobody();
  const result = await prove(planFor(url));
  expect(result.verdict).toBe('inconclusive');
  expect(result.checks[0]).toMatchObject({ last: undefined, why: 'the connection was refused' });
  expect(result.sentence).toBe(
    `The smoke test of ${url} is inconclusive: GET /health (web): the connection was refused.`,
  );
});

test('what speaks neither TLS nor HTTP is inconclusive', async () => {
  const chatter = createServer((socket) =>
    socket.on('error', () => undefined).end('SSH-2.0-x\r\n'),
  );
  await new Promise<void>((resolve) => chatter.listen(0, '127.0.0.1', resolve));
  const { port } = chatter.address() as AddressInfo;
  const [tls, ssh] = await Promise.all([
    prove(planFor(`https://127.0.0.1:${port}`)),
    prove(planFor(`http://127.0.0.1:${port}`)),
  ]);
  chatter.close();
  expect([tls.verdict, ssh.verdict]).toEqual(['inconclusive', 'inconclusive']);
  expect(ssh.checks[0]?.why).not.toBe('');
});

test('an expected redirect is not followed', async () => {
  const paths: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url);
    response.writeHead(301, { location: '/new' }).end();
  });
  const checks = [{ get: '/old', expect: { status: 301 } }];
  const { verdict } = await prove(planFor(url, { checks }));
  expect(verdict).toBe('pass');
  expect(new Set(paths)).toEqual(new Set(['/old']));
});

test('where only a status is expected, a body that never ends does not matter', async () => {
  const url = await serve((_, response) => response.writeHead(200).write('data: 1'));
  const { verdict } = await prove(planFor(url, { checks: [{ get: '/events' }], timeoutMs: 5_000 }));
  expect(verdict).toBe('pass');
});

test('says who it is, and takes a new connection for each request', async () => {
  const agents = new Set<string | undefined>();
  const sockets = new Set<unknown>();
  const url = await serve((request, response) => {
    agents.add(request.headers['user-agent']);
    sockets.add(request.socket);
    good(request, response);
  });
  await prove(planFor(url));
  expect([...agents]).toEqual(['slipway-smoke-test']);
  expect(sockets.size).toBe(3);
});

test('each check is judged by itself, and the gravest verdict counts', async () => {
  const paths: Record<string, RequestListener> = {
    '/health': good,
    '/soso': degraded,
    '/old': old,
  };
  const url = await serve((request, response) => {
    (paths[request.url ?? ''] ?? hanging)(request, response);
  });
  const all = ['/health', '/soso', '/old', '/hangs'].map((get) => ({ ...health, get }));
  const result = await prove(planFor(url, { checks: all, timeoutMs: 600 }));
  expect(result.checks.map(({ verdict }) => verdict)).toEqual(['pass', 'degraded', 'fail', 'fail']);
  expect(result.checks[3]?.why).toMatch(
    /^no answer within 0\.\d s, although the host has answered$/,
  );
  expect(result.sentence).toMatch(
    /^http:\S+ fails its smoke test: GET \/old \(web\): revision.*\(and 1 more\)\.$/,
  );
  const two = await prove(planFor(url, { checks: all.slice(0, 2), timeoutMs: 600 }));
  expect(two.verdict).toBe('degraded');
});

test('a request that the end of the test cuts short takes nothing away from what was seen', async () => {
  const url = await serve(inTurn(degraded, degraded, degraded, degraded, hanging));
  const { verdict, checks } = await prove(planFor(url));
  expect([verdict, checks[0]?.attempts]).toEqual(['degraded', 4]);
});

test('good answers that are too few are no evidence against the release', async () => {
  const url = await serve(inTurn(good, hanging));
  const result = await prove(planFor(url));
  expect(result.verdict).toBe('inconclusive');
  expect(result.checks[0]?.why).toBe('as expected before the time was up, 3 are needed');
});

test('without checks GET / is asked for, and it is said that no revision was proven', async () => {
  const result = await prove(
    planFor(await serve(text('hello')), { checks: [], record: undefined }),
  );
  expect(result).toMatchObject({ verdict: 'pass', checks: [{ name: 'GET /' }] });
  expect(result.sentence).toMatch(/no check compared the revision/);
  expect(result.told[0]).toMatch(/^warning: No smoke check compares a revision/);
});

describe('the log', () => {
  test('has one line for each change of state', async () => {
    const url = await serve(inTurn(unavailable, unavailable, unavailable, old, good));
    const { told } = await prove(planFor(url));
    expect(told.map((line) => line.replace(/ \(\d+ ms\)$/, ''))).toEqual([
      'GET /health (web): status is 503, expected 200',
      expect.stringMatching(/revision is "b{40}", expected "a{40}" \(another version answers\)$/),
      'GET /health (web): as expected',
      'GET /health (web): pass, as expected 3 times in a row',
    ]);
  });

  test('cannot be flooded by an answer that always differs', async () => {
    let count = 0;
    const url = await serve((request, response) => {
      json({ status: 'healthy', revision: String((count += 1)) })(request, response);
    });
    const { told, checks } = await prove(planFor(url));
    expect(checks[0]?.attempts).toBeGreaterThan(3);
    expect(told).toHaveLength(1);
  });
});
