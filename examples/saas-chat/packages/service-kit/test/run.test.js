import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

/** The service as a process; `heard` waits for the next line of its log with this message. */
function start(t, env = {}) {
  const script = new URL('slow-service.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [script], { env: { ...process.env, ...env } });
  t.after(() => child.kill('SIGKILL'));
  const said = new EventEmitter();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = JSON.parse(line);
    said.emit(entry.message, entry);
  });
  const heard = async (message) => (await once(said, message))[0];
  return { child, heard, exited: once(child, 'exit') };
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
  const { child, heard, exited } = start(t);
  const { port } = await heard('listening');
  const agent = new Agent({ keepAlive: true });
  await call({ port, agent, path: '/health/live' }); // Leaves an idle connection behind.

  const arrived = heard('slow request');
  const underWay = call({ port, path: '/slow', headers: { connection: 'keep-alive' } });
  await arrived;
  child.kill('SIGTERM');
  await heard('stopping');
  await assert.rejects(call({ port, path: '/health/live' }), { code: 'ECONNREFUSED' });

  const response = await underWay;
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers.connection, 'close');
  assert.deepEqual(await exited, [0, null]);
});

test('SIGTERM while it is still starting ends it at once', async (t) => {
  const { child, heard, exited } = start(t, { BOOT_DELAY_MS: '60000' });
  await heard('starting');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

test('BROKEN=crash exits 1', async (t) => {
  const { exited } = start(t, { BROKEN: 'crash' });
  assert.deepEqual(await exited, [1, null]);
});
