import { createClient } from './client.js';
import { HttpError } from './http.js';

/** Asks the auth service whose token this is. */
export function createAuthClient(baseUrl) {
  const client = createClient(baseUrl);
  return {
    verify: (token, { fresh }) => client.get('/verify', { query: token ? { token } : {}, fresh }),
  };
}

/** The token of a request, `Authorization: Bearer ...`. */
export const tokenOf = (request) => request.headers.authorization?.replace(/^Bearer /, '');

/**
 * Who is calling, as auth has it: `{ user, revision }`. What auth refuses is refused with its words;
 * an auth that does not answer is this service's 502. With `?fresh` it is asked over a new connection.
 */
export async function callerOf({ request, query }, auth) {
  const { status, body } = await auth
    .verify(tokenOf(request), { fresh: query.has('fresh') })
    .catch((error) => {
      throw new HttpError(502, `auth does not answer: ${error.message}`);
    });
  if (status === 401) throw new HttpError(401, body.error);
  if (status !== 200) throw new HttpError(502, `auth answered ${status}: ${body.error}`);
  return body;
}
