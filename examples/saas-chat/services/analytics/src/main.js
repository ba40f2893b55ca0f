import { connectRedis, createService, readRelease, run } from '@saas-chat/service-kit';
import { redisCounts } from './counts.js';
import { analyticsRoutes } from './routes.js';

const { PORT = '3004', REDIS_URL } = process.env;

const release = readRelease('analytics');
const redis = connectRedis(REDIS_URL);
const server = createService({
  release,
  routes: analyticsRoutes({ release, counts: redisCounts(redis) }),
  components: { redis: () => redis.ping() },
});
await run(server, { port: Number(PORT), close: () => redis.close() });
