import {
  createAuthClient,
  createClient,
  createService,
  readRelease,
  run,
} from '@saas-chat/service-kit';
import { orchestratorRoutes } from './routes.js';

const {
  PORT = '3005',
  AUTH_URL = 'http://127.0.0.1:3001',
  CHAT_URL = 'http://127.0.0.1:3002',
  BILLING_URL = 'http://127.0.0.1:3003',
} = process.env;

const release = readRelease('orchestrator');
const server = createService({
  release,
  routes: orchestratorRoutes({
    release,
    auth: createAuthClient(AUTH_URL),
    chat: createClient(CHAT_URL),
    billing: createClient(BILLING_URL),
  }),
});
await run(server, { port: Number(PORT) });
