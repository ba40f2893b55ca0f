import {
  connectRedis,
  createAuthClient,
  createClient,
  createService,
  readRelease,
  run,
} from '@saas-chat/service-kit';
import { attachEcho } from './echo.js';
import { redisMessages } from './messages.js';
import { chatRoutes } from './routes.js';
import { createTally } from './tally.js';

const {
  PORT = '3002',
  REDIS_URL,
  AUTH_URL = 'http://127.0.0.1:3001',
  BILLING_URL = 'http://127.0.0.1:3003',
  ANALYTICS_URL = 'http://127.0.0.1:3004',
  MESSAGE_HISTORY = '100',
} = process.env;

const release = readRelease('chat');
const redis = connectRedis(REDIS_URL);
const analytics = createClient(ANALYTICS_URL);
const billing = createClient(BILLING_URL);
const events = createTally((counts) => analytics.post('/events', counts));
const usage = createTally((counts) => billing.post('/usage', counts));
const server = createService({
  release,
  routes: chatRoutes({
    release,
    auth: createAuthClient(AUTH_URL),
    messages: redisMessages(redis, Number(MESSAGE_HISTORY)),
    events,
    usage,
  }),
  components: { redis: () => redis.ping() },
});
const goodbye = attachEcho(server);
const close = () => Promise.all([events.close(), usage.close(), redis.close()]);
await run(server, { port: Number(PORT), goodbye, close });
