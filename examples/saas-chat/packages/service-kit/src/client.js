import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';

const PATIENCE_MS = 5_000;

async function read(response) {
  const { statusCode: status, statusMessage, headers } = response;
  if (headers['content-type'] === 'application/json') return { status, body: await json(response) };
  response.resume(); // A proxy's error page.
  return { status, body: { error: statusMessage } };
}

function ask(url, { body, ...options }) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
    sent.on('response', (response) => resolve(read(response)));
    sent.on('error', (error) => {
      const stale = sent.reusedSocket && error.code === 'ECONNRESET';
      reject(Object.assign(error.cause ?? error, { stale }));
    });
    sent.end(body);
  });
}

/**
 * Asks another service, in JSON, and gives back `{ status, body }`; no answer within 5 s is an error.
 * Connections are kept alive; `fresh` opens one just for this call, as clients without a connection
 * pool do.
 */
export function createClient(baseUrl) {
  const kept = new Agent({ keepAlive: true });

  return {
    async get(path, { query = {}, headers, fresh = false } = {}) {
      const url = new URL(path, baseUrl);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return ask(url, { headers, agent: fresh ? false : kept }).catch((error) => {
        // The other side may close an idle connection just as we use it. That is not an answer.
        if (error.stale) return ask(url, { headers, agent: false });
        throw error;
      });
    },

    /** Never sent twice: the other side may have taken what it did not answer. */
    post: (path, body) =>
      ask(new URL(path, baseUrl), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        agent: kept,
      }),
  };
}
