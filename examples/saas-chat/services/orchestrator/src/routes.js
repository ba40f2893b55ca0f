import { HttpError, tokenOf } from '@saas-chat/service-kit';

/** One part of an answer: what the service said, or in `error` why there is nothing. */
async function part(asked) {
  try {
    const { status, body } = await asked;
    return status === 200 ? { body } : { status, error: `answered ${status}: ${body.error}` };
  } catch (error) {
    return { error: error.message };
  }
}

export function orchestratorRoutes({ release, auth, chat, billing }) {
  return {
    // What the first page shows, from three services at once. One that does not answer is missing from
    // it by name, never the reason that nothing is shown; with `?complete` it is an error, for checks.
    'GET /overview': async ({ request, query }) => {
      const { authorization } = request.headers;
      const fresh = query.has('fresh');
      const options = { fresh, headers: authorization ? { authorization } : {} };
      const asked = {
        auth: auth.verify(tokenOf(request), { fresh }),
        chat: chat.get('/messages', options),
        billing: billing.get('/invoice', options),
      };
      const parts = await Promise.all(
        Object.entries(asked).map(async ([name, answer]) => [name, await part(answer)]),
      );
      const said = Object.fromEntries(parts);
      if (said.auth.status === 401) throw new HttpError(401, 'the session is unknown or has ended');

      const failed = parts.filter(([, { error }]) => error !== undefined);
      const missing = Object.fromEntries(failed.map(([name, { error }]) => [name, error]));
      if (failed.length === parts.length || (failed.length > 0 && query.has('complete')))
        throw new HttpError(502, `no answer from ${Object.keys(missing).join(', ')}`);
      return {
        body: {
          complete: failed.length === 0,
          missing,
          user: said.auth.body?.user,
          messages: said.chat.body?.messages,
          invoice: said.billing.body,
          revision: release.revision,
        },
      };
    },
  };
}
