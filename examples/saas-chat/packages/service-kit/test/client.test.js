import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { createAuthClient } from '../src/auth.js';
import { createClient } from '../src/client.js';

/** A service of our own that counts its connections. */
async function serve(t, handler) {
  let connections = 0;
  const server = createServer(handler).on('connection', () => connections++);
  await once(server.listen(0), 'listening');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, client: createClient(url), connections: () => connections };
}

const answer = (request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ url: request.url }));
};

test('one connection serves many calls, unless each is to have its own', async (t) => {
  const { client, connections } = await serve(t, answer);
  for (let i = 0; i < 3; i++) await client.get('/');
  assert.equal(connections(), 1);
  for (let i = 0; i < 3; i++) await client.get('/', { fresh: true });
  assert.equal(connections(), 4);
});

test('the token travels', async (t) => {
  const { url } = await serve(t, answer);
  const { status, body } = await createAuthClient(url).verify('a&b', { fresh: false });
  assert.deepEqual([status, body.url], [200, '/verify?token=a%26b']);
});

test('a body travels', async (t) => {
  const { client } = await serve(t, async (request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ method: request.method, got: await json(request) }));
  });
  const { body } = await client.post('/events', { counts: { a: 1 } });
  assert.deepEqual(body, { method: 'POST', got: { counts: { a: 1 } } });
});

test('an idle connection that was closed is not an error of the call', async (t) => {
  const served = new Set();
  const { client } = await serve(t, (request, response) => {
    // A connection's second request is met by a reset, as when both sides act at the same moment.
    if (served.has(request.socket)) return request.socket.resetAndDestroy();
    served.add(request.socket);
    answer(request, response);
  });
  await client.get('/');
  assert.equal((await client.get('/')).status, 200);
  await client.get('/');
  await assert.rejects(client.post('/', {}), { code: 'ECONNRESET' }, 'a POST is never repeated');
});

test("a proxy's error page is told by its status", async (t) => {
  const { client } = await serve(t, (request, response) => {
    response.writeHead(502, { 'Content-Type': 'text/html' }).end('<html>');
  });
  const { status, body } = await client.get('/');
  assert.deepEqual([status, body.error], [502, 'Bad Gateway']);
});

test('a call that fails on a connection of its own is an error', async (t) => {
  const { client } = await serve(t, (request) => request.socket.resetAndDestroy());
  await assert.rejects(client.get('/'), { code: 'ECONNRESET' });
});
