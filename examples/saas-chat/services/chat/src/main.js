import { connectRedis, createService, readRelease, run } from '@saas-chat/service-kit';
import { createAuthClient } from './auth-client.js';
import { attachEcho } from './echo.js';
import { redisMessages } from './messages.js';
import { chatRoutes } from './routes.js';

const {
  PORT = '3002',
  REDIS_URL,
  AUTH_URL = 'http://127.0.0.1:3001',
  MESSAGE_HISTORY = '100',
} = process.env;

const release = readRelease('chat');
const redis = connectRedis(REDIS_URL);
const server = createService({
  release,
  routes: chatRoutes({
    release,
    auth: createAuthClient(AUTH_URL),
    messages: redisMessages(redis, Number(MESSAGE_HISTORY)),
  }),
  components: { redis: () => redis.ping() },
});
const goodbye = attachEcho(server);
await run(server, { port: Number(PORT), goodbye, close: () => redis.close() });
