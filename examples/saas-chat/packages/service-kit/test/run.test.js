import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

function start(t, env = {}) {
  const script = new URL('slow-service.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [script], { env: { ...process.env, ...env } });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise((resolve) => {
    lines.on('line', (line) => {
      const { message, port } = JSON.parse(line);
      if (message === 'listening') resolve(port);
    });
  });
  return { child, listening, exited: once(child, 'exit') };
}

function call(options) {
  return new Promise((resolve, reject) => {
    get(options, (response) => response.resume().on('end', () => resolve(response))).on(
      'error',
      reject,
    );
  });
}

test('SIGTERM: what is under way is answered, idle connections end, then it exits 0', async (t) => {
  const { child, listening, exited } = start(t);
  const port = await listening;
  const agent = new Agent({ keepAlive: true });
  await call({ port, agent, path: '/health/live' }); // Leaves an idle connection behind.

  const underWay = call({ port, path: '/slow', headers: { connection: 'keep-alive' } });
  await sleep(100);
  child.kill('SIGTERM');
  await sleep(50);
  await assert.rejects(call({ port, path: '/health/live' }), { code: 'ECONNREFUSED' });

  const response = await underWay;
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers.connection, 'close');
  assert.deepEqual(await exited, [0, null]);
});

test('SIGTERM while it is still starting ends it at once', async (t) => {
  const { child, exited } = start(t, { BOOT_DELAY_MS: '60000' });
  await sleep(300);
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

test('BROKEN=crash exits 1', async (t) => {
  const { exited } = start(t, { BROKEN: 'crash' });
  assert.deepEqual(await exited, [1, null]);
});
