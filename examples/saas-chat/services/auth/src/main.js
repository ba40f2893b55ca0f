import { connectRedis, createService, log, readRelease, run } from '@saas-chat/service-kit';
import { authRoutes } from './routes.js';
import { redisSessions } from './sessions.js';
import { createTokens } from './tokens.js';

const { PORT = '3001', REDIS_URL, SESSION_SECRET, SESSION_TTL_SECONDS = '86400' } = process.env;
if (!SESSION_SECRET) {
  log('error', 'SESSION_SECRET is not set: sessions cannot be signed');
  process.exit(1);
}

const release = readRelease('auth');
const redis = connectRedis(REDIS_URL);
const server = createService({
  release,
  routes: authRoutes({
    release,
    tokens: createTokens(SESSION_SECRET),
    sessions: redisSessions(redis, Number(SESSION_TTL_SECONDS)),
  }),
  components: { redis: () => redis.ping() },
});
await run(server, { port: Number(PORT), close: () => redis.close() });
