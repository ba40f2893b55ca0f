import { hostname } from 'node:os';
import { connectRedis, createService, readRelease, run } from '@saas-chat/service-kit';
import { outboxDelivery, smtpDelivery } from './delivery.js';
import { redisQueue } from './queue.js';
import { createWorker } from './worker.js';

const { PORT = '3006', REDIS_URL, SMTP_URL, MAIL_FROM = 'saas-chat@localhost' } = process.env;

const redis = connectRedis(REDIS_URL);
const blocking = connectRedis(REDIS_URL);
const worker = createWorker({
  queue: redisQueue({ redis, blocking, worker: hostname() }),
  deliver: SMTP_URL ? smtpDelivery(SMTP_URL, MAIL_FROM) : outboxDelivery(redis),
});
const server = createService({
  release: readRelease('email-worker'),
  routes: {}, // It works for nobody who calls; the port is for its health alone.
  components: { redis: () => redis.ping() },
});
await run(server, {
  port: Number(PORT),
  goodbye: worker.stop,
  close: () => Promise.all([redis.close(), blocking.close()]),
});
await worker.run();
