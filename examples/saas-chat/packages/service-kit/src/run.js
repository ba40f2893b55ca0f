import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readChaos } from './chaos.js';
import { log } from './log.js';

// Compose's stop_grace_period is longer: what never ends is cut, and said, before Docker kills us.
const PATIENCE_MS = 10_000;

const nothing = async () => {};

/**
 * Listens until SIGTERM, then leaves without failing anybody: no new connections, idle ones closed,
 * requests under way answered, `goodbye` to the connections that the service keeps open by itself,
 * `close` for what it holds. Signals have no default action in process 1 of a container, so they
 * are handled before the first thing that takes time.
 */
export async function run(server, { port, goodbye = nothing, close = nothing }) {
  const chaos = readChaos();
  const stop = async (signal) => {
    setTimeout(() => {
      log('error', `requests still under way after ${PATIENCE_MS} ms: cut`);
      process.exit(1);
    }, PATIENCE_MS).unref();
    const closed = new Promise((resolve) => server.close(resolve));
    log('info', 'stopping', { signal });
    await goodbye();
    await closed;
    await close();
    log('info', 'stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
  log('info', 'starting');

  await sleep(chaos.bootDelay);
  server.listen(port);
  await once(server, 'listening');
  log('info', 'listening', { port: server.address().port });
  if (chaos.crash) {
    log('error', 'this release is broken on purpose (BROKEN=crash)');
    process.exit(1);
  }
}
