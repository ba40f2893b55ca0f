import {
  connectRedis,
  createAuthClient,
  createService,
  readRelease,
  redisMails,
  run,
} from '@saas-chat/service-kit';
import { redisAccounts } from './accounts.js';
import { billingRoutes } from './routes.js';

const { PORT = '3003', REDIS_URL, AUTH_URL = 'http://127.0.0.1:3001' } = process.env;

const release = readRelease('billing');
const redis = connectRedis(REDIS_URL);
const server = createService({
  release,
  routes: billingRoutes({
    release,
    auth: createAuthClient(AUTH_URL),
    accounts: redisAccounts(redis),
    mails: redisMails(redis),
  }),
  components: { redis: () => redis.ping() },
});
await run(server, { port: Number(PORT), close: () => redis.close() });
