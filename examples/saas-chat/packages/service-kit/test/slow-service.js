// A service of its own process for run.test.js: one route that takes its time.
import { setTimeout as sleep } from 'node:timers/promises';
import { createService, log, readRelease, run } from '../src/index.js';

const slow = async () => {
  log('info', 'slow request');
  await sleep(300);
  return { body: 'done' };
};
const server = createService({ release: readRelease('slow'), routes: { 'GET /slow': slow } });
await run(server, { port: 0 });
