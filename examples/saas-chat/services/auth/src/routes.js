import { HttpError, readJson } from '@saas-chat/service-kit';

const LONGEST_NAME = 64;

export function authRoutes({ release, tokens, sessions }) {
  const userOf = async (token) => {
    if (!token) return 'guest';
    const id = tokens.read(token);
    const user = id && (await sessions.find(id));
    if (!user) throw new HttpError(401, 'the session is unknown or has ended');
    return user;
  };

  return {
    // A name is enough to sign in: passwords are not what this example is about.
    'POST /login': async ({ request }) => {
      const { user } = await readJson(request);
      if (typeof user !== 'string' || user === '' || user.length > LONGEST_NAME)
        throw new HttpError(400, `user: a name of 1 to ${LONGEST_NAME} characters`);
      const { id, token } = tokens.issue();
      await sessions.save(id, user);
      return { status: 201, body: { user, token } };
    },

    // The revision shows the caller which release of this service has answered it.
    'GET /verify': async ({ query }) => ({
      body: { user: await userOf(query.get('token')), revision: release.revision },
    }),
  };
}
