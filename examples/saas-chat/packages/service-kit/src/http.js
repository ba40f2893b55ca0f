import { json } from 'node:stream/consumers';
import { log } from './log.js';

/** An answer that is not a 2xx, thrown by a route with the sentence for the caller. */
export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The body, a JSON object; nginx has already refused what is too large. */
export async function readJson(request) {
  const body = await json(request).catch(() => undefined);
  if (typeof body !== 'object' || body === null)
    throw new HttpError(400, 'the body is not a JSON object');
  return body;
}

const isCount = (n) => Number.isSafeInteger(n) && n > 0;

/** What one service counted for another: `{"counts": {"message.posted": 3}}`, as [name, number] pairs. */
export async function readCounts(request, isName) {
  const { counts } = await readJson(request);
  const entries = Object.entries(counts ?? {});
  if (entries.length === 0 || !entries.every(([name, n]) => isName(name) && isCount(n)))
    throw new HttpError(400, 'counts: an object of names and whole numbers above 0');
  return entries;
}

async function answer(routes, request) {
  const url = URL.parse(request.url, 'http://service');
  const route = url && routes[`${request.method} ${url.pathname}`];
  if (!route) throw new HttpError(404, `no route ${request.method} ${request.url}`);
  return route({ request, query: url.searchParams });
}

/** Routes are `{ 'GET /path': async ({ request, query }) => ({ status, body }) }`, all in JSON. */
export function handlerOf(routes, isStopping) {
  return async (request, response) => {
    const { status = 200, body } = await answer(routes, request).catch((error) => {
      if (!(error instanceof HttpError)) log('error', error.message, { stack: error.stack });
      else if (error.status >= 500) log('warn', error.message, { url: request.url });
      return { status: error.status ?? 500, body: { error: error.message } };
    });
    // A service that stops ends each connection with the answer that is under way on it.
    if (isStopping()) response.setHeader('Connection', 'close');
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
    log('debug', 'request', { method: request.method, url: request.url, status });
  };
}
