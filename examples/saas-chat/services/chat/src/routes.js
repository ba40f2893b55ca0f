import { HttpError, readJson } from '@saas-chat/service-kit';

const LONGEST_TEXT = 2_000;

export function chatRoutes({ release, auth, messages }) {
  const caller = async ({ request, query }) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    const { status, body } = await auth
      .verify(token, { fresh: query.has('fresh') })
      .catch((error) => {
        throw new HttpError(502, `auth does not answer: ${(error.cause ?? error).message}`);
      });
    if (status === 401) throw new HttpError(401, body.error);
    if (status !== 200) throw new HttpError(502, `auth answered ${status}: ${body.error}`);
    return body;
  };

  return {
    // One call through two services: the answer names the revision of both.
    'GET /whoami': async (call) => {
      const { user, revision } = await caller(call);
      return { body: { user, revisions: { chat: release.revision, auth: revision } } };
    },

    'GET /messages': async () => ({ body: { messages: await messages.list() } }),

    'POST /messages': async (call) => {
      const { text } = await readJson(call.request);
      if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT)
        throw new HttpError(400, `text: 1 to ${LONGEST_TEXT} characters`);
      const { user } = await caller(call);
      const message = { user, text, at: new Date().toISOString() };
      await messages.add(message);
      return { status: 201, body: message };
    },
  };
}
