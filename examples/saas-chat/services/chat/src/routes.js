import { callerOf, HttpError, readJson } from '@saas-chat/service-kit';

const LONGEST_TEXT = 2_000;

export function chatRoutes({ release, auth, messages, events, usage }) {
  return {
    // One call through two services: the answer names the revision of both.
    'GET /whoami': async (call) => {
      const { user, revision } = await callerOf(call, auth);
      events.count('user.asked');
      return { body: { user, revisions: { chat: release.revision, auth: revision } } };
    },

    'GET /messages': async () => ({ body: { messages: await messages.list() } }),

    'POST /messages': async (call) => {
      const { text } = await readJson(call.request);
      if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT)
        throw new HttpError(400, `text: 1 to ${LONGEST_TEXT} characters`);
      const { user } = await callerOf(call, auth);
      const message = { user, text, at: new Date().toISOString() };
      await messages.add(message);
      events.count('message.posted');
      usage.count(user);
      return { status: 201, body: message };
    },
  };
}
