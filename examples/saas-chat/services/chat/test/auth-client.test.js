import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { createAuthClient } from '../src/auth-client.js';

/** An auth service of our own that counts its connections. */
async function serve(t, handler) {
  let connections = 0;
  const server = createServer(handler).on('connection', () => connections++);
  await once(server.listen(0), 'listening');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const client = createAuthClient(`http://127.0.0.1:${server.address().port}`);
  return { client, connections: () => connections };
}

const answer = (request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ url: request.url }));
};

test('one connection serves many calls, unless each is to have its own', async (t) => {
  const { client, connections } = await serve(t, answer);
  for (let i = 0; i < 3; i++) await client.verify('a.b', { fresh: false });
  assert.equal(connections(), 1);
  for (let i = 0; i < 3; i++) await client.verify(undefined, { fresh: true });
  assert.equal(connections(), 4);
});

test('the token travels', async (t) => {
  const { client } = await serve(t, answer);
  const { status, body } = await client.verify('a&b', { fresh: false });
  assert.deepEqual([status, body.url], [200, '/verify?token=a%26b']);
});

test('an idle connection that was closed is not an error of the call', async (t) => {
  const served = new Set();
  const { client } = await serve(t, (request, response) => {
    // A connection's second request is met by a reset, as when both sides act at the same moment.
    if (served.has(request.socket)) return request.socket.resetAndDestroy();
    served.add(request.socket);
    answer(request, response);
  });
  await client.verify('a.b', { fresh: false });
  assert.equal((await client.verify('a.b', { fresh: false })).status, 200);
});

test("a proxy's error page is told by its status", async (t) => {
  const { client } = await serve(t, (request, response) => {
    response.writeHead(502, { 'Content-Type': 'text/html' }).end('<html>');
  });
  const { status, body } = await client.verify('a.b', { fresh: false });
  assert.deepEqual([status, body.error], [502, 'Bad Gateway']);
});

test('a call that fails on a connection of its own is an error', async (t) => {
  const { client } = await serve(t, (request) => request.socket.resetAndDestroy());
  await assert.rejects(client.verify('a.b', { fresh: false }), { code: 'ECONNRESET' });
});
