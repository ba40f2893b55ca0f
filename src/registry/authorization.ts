import { z } from 'zod';
import { mask } from '../kit/mask.ts';
import { type Credentials, type Login, TOKEN_USER } from './credentials.ts';
import { denied, nonsense, refusal } from './failure.ts';
import type { Answer, Question } from './transport.ts';

export interface Scope {
  readonly registry: string;
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push';
}

/** What a registry wants to see, by its WWW-Authenticate header (RFC 7235). */
interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The first challenge that we can answer; undefined when there is none. */
function parseChallenge(header: string): Challenge | undefined {
  const found = /\b(basic|bearer)\b\s*(.*)$/is.exec(header);
  if (found === null) return undefined;
  const [, scheme = '', rest = ''] = found;
  const pairs = [...rest.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g)];
  return {
    scheme: scheme.toLowerCase(),
    parameters: Object.fromEntries(
      pairs.map(([, name = '', quoted, bare]) => [
        name.toLowerCase(),
        (quoted ?? bare ?? '').replace(/\\(.)/g, '$1'),
      ]),
    ),
  };
}

const tokenAnswer = z.looseObject({
  token: z.string().min(1).optional(),
  access_token: z.string().min(1).optional(),
});

/**
 * The Authorization header that answers a registry's challenge.
 * Source: https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/
 * @param ask a single question to the login server
 * @throws UserError `registry-denied`, `registry-failed`, ...
 */
export async function authorize(
  answer: Answer,
  scope: Scope,
  context: {
    readonly credentials: Credentials;
    readonly plain: boolean;
    readonly ask: (question: Question) => Promise<Answer>;
    readonly now: () => number;
  },
): Promise<string> {
  const subject = `${scope.registry}/${scope.repository}`;
  const challenge = parseChallenge(answer.headers['www-authenticate'] ?? '');
  if (challenge === undefined) throw denied('it asks for a login of an unknown kind', subject);
  const login = await context.credentials(scope.registry);
  if (challenge.scheme === 'basic') {
    if (login === undefined) throw denied('it asks for a login, and there is none', subject);
    return basic(login);
  }
  const realm = URL.parse(challenge.parameters.realm ?? '');
  // Passwords go there: plain HTTP only where the registry itself was named as plain.
  if (
    realm === null ||
    !(realm.protocol === 'https:' || (context.plain && realm.protocol === 'http:'))
  )
    throw nonsense('its login server has no https address.', subject);
  const reply = await context.ask(
    tokenQuestion(realm, login, {
      ...(challenge.parameters.service !== undefined && { service: challenge.parameters.service }),
      scope: `repository:${scope.repository}:${scope.actions}`,
    }),
  );
  if (reply.status !== 200) throw refusal(reply, subject, context.now());
  const token = tokenOf(reply);
  if (token === undefined) throw nonsense('its login server sent no token.', subject);
  mask(token);
  return `Bearer ${token}`;
}

function tokenQuestion(
  realm: URL,
  login: Login | undefined,
  parameters: Readonly<Record<string, string>>,
): Question {
  if (login?.username === TOKEN_USER) {
    const form = { ...parameters, grant_type: 'refresh_token', client_id: 'slipway' };
    return {
      method: 'POST',
      url: realm,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form, refresh_token: login.password }).toString(),
    };
  }
  const url = new URL(realm);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return {
    method: 'GET',
    url,
    headers: login === undefined ? {} : { authorization: basic(login) },
  };
}

function tokenOf(reply: Answer): string | undefined {
  try {
    const { token, access_token: access } = tokenAnswer.parse(
      JSON.parse(reply.body.toString('utf8')),
    );
    return token ?? access;
  } catch {
    return undefined;
  }
}

function basic({ username, password }: Login): string {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  mask(encoded);
  return `Basic ${encoded}`;
}
