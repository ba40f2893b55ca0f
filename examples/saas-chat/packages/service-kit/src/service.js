import { createServer } from 'node:http';
import { readChaos } from './chaos.js';
import { healthOf } from './health.js';
import { handlerOf, HttpError } from './http.js';

// Longer than the 60 s for which nginx keeps an idle upstream connection: a server that closes one
// first may do so just as a request is coming in on it.
const KEEP_ALIVE_MS = 75_000;

const processFacts = () => ({
  node: process.version,
  uptime_seconds: Math.round(process.uptime()),
  memory_mb: Math.round(process.memoryUsage.rss() / 2 ** 20),
});

function healthRoutes({ release, components, chaos }) {
  const health = async () => {
    const document = await healthOf(release, components);
    return chaos.unhealthy ? { ...document, status: 'unhealthy' } : document;
  };
  const answer = (body) => ({ status: body.status === 'unhealthy' ? 503 : 200, body });
  return {
    'GET /health': async () => answer(await health()),
    'GET /health/detailed': async () => answer({ ...(await health()), process: processFacts() }),
    'GET /health/live': async () => ({ body: { status: 'alive' } }),
    'GET /health/ready': async () => {
      const { status } = await health();
      return answer({ status });
    },
  };
}

const lie = async () => {
  throw new HttpError(500, 'this release is broken on purpose (BROKEN=lying)');
};

/** An HTTP server with the health routes and the service's own, not yet listening. */
export function createService({ release, routes, components = {}, chaos = readChaos() }) {
  const business = chaos.lying
    ? Object.fromEntries(Object.keys(routes).map((name) => [name, lie]))
    : routes;
  const all = { ...business, ...healthRoutes({ release, components, chaos }) };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  const isStopping = () => !server.listening;
  return server.on('request', handlerOf(all, isStopping));
}
