import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { attachEcho } from '../src/echo.js';

test('says back what it hears, and goodbye with 1001', async (t) => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  t.after(() => server.close());
  const goodbye = attachEcho(server);

  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/ws`);
  await once(socket, 'open');
  socket.send('hello');
  const [data, binary] = await once(socket, 'message');
  assert.deepEqual([String(data), binary], ['hello', false]);

  const closed = once(socket, 'close');
  await goodbye();
  assert.equal((await closed)[0], 1001);
});
