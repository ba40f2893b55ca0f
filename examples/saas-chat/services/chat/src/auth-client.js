import { Agent, get } from 'node:http';
import { json } from 'node:stream/consumers';

const PATIENCE_MS = 2_000;

async function read(response) {
  const { statusCode: status, statusMessage, headers } = response;
  if (headers['content-type'] === 'application/json') return { status, body: await json(response) };
  response.resume(); // A proxy's error page.
  return { status, body: { error: statusMessage } };
}

function ask(url, agent) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, signal: AbortSignal.timeout(PATIENCE_MS) });
    request.on('response', (response) => resolve(read(response)));
    request.on('error', (error) => {
      const stale = request.reusedSocket && error.code === 'ECONNRESET';
      reject(Object.assign(error, { stale }));
    });
  });
}

/**
 * Asks the auth service whose token this is. Connections are kept alive; `fresh` opens one just for
 * this call, as clients without a connection pool do.
 */
export function createAuthClient(baseUrl) {
  const kept = new Agent({ keepAlive: true });

  return {
    async verify(token, { fresh }) {
      const url = new URL('/verify', baseUrl);
      if (token) url.searchParams.set('token', token);
      return ask(url, fresh ? false : kept).catch((error) => {
        // The other side may close an idle connection just as we use it. That is not an answer.
        if (error.stale) return ask(url, false);
        throw error;
      });
    },
  };
}
