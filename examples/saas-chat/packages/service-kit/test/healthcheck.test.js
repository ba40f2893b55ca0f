import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createService } from '../src/index.js';

/** Runs the health check against a server on this port; its exit code and what it says. */
async function check(port) {
  const script = new URL('../healthcheck.js', import.meta.url).pathname;
  const env = { ...process.env, PORT: String(port) };
  return new Promise((resolve) => {
    execFile(process.execPath, [script], { env }, (error, said) =>
      resolve({ code: error?.code ?? 0, said }),
    );
  });
}

async function listen(t, server) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return server.address().port;
}

const service = (options) => createService({ release: {}, routes: {}, ...options });

test('a service that is ready passes', async (t) => {
  const { code, said } = await check(await listen(t, service()));
  assert.equal(code, 0);
  assert.match(said, /"status":"healthy"/);
});

test('one that is not fails with its words', async (t) => {
  const { code, said } = await check(await listen(t, service({ chaos: { unhealthy: true } })));
  assert.equal(code, 1);
  assert.match(said, /503 .*"status":"unhealthy"/s);
});

test('nobody there, and somebody who says nothing, fail', async (t) => {
  assert.deepEqual(await check(1), { code: 1, said: 'connect ECONNREFUSED 127.0.0.1:1\n' });
  const silent = await check(await listen(t, createServer()));
  assert.deepEqual(silent, { code: 1, said: 'no answer\n' });
});
