import { describe, expect, test } from '@jest/globals';
import type { Credentials } from '../../../src/registry/credentials.ts';
import { problemIn, stdoutOf } from '../kit/support.ts';
import { inTurn, json, serve, text } from '../smoke/server.ts';
import { login, scene } from './scene.ts';
import { secureServer } from './secure-server.ts';

const anonymous: Credentials = () => Promise.resolve(undefined);
const { at, client, host, server } = scene();

describe('login', () => {
  test('Basic', async () => {
    server().authorization = `Basic ${Buffer.from('lab:secret').toString('base64')}`;
    server().challenge = 'Basic realm="Registry Realm"';
    const one = client();
    await one.resolve(at());
    await one.resolve(at());
    // What was accepted once is sent at once.
    expect(server().requests.map(({ authorization }) => authorization !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });

  /** A registry with a login server that hands out `token`. */
  async function withTokens(answer = json({ token: 'a-token', expires_in: 60 })) {
    const asked: { url: URL; authorization: string | undefined; method: string | undefined }[] = [];
    const realm = await serve((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      asked.push({ url, authorization: request.headers.authorization, method: request.method });
      answer(request, response);
    });
    server().authorization = 'Bearer a-token';
    server().challenge = `Bearer realm="${realm}/token",service="a, registry",scope="x"`;
    return asked;
  }

  test('a token, for exactly what is done', async () => {
    const asked = await withTokens();
    const one = client();
    const log = await stdoutOf(async () => {
      await one.resolve(at());
      await one.resolve(at());
      await one.canPush(at());
    });
    expect(log).toContain('::add-mask::a-token');
    expect(asked.map(({ url }) => url.search)).toEqual([
      '?service=a%2C+registry&scope=repository%3Aacme%2Fapp%3Apull',
      '?service=a%2C+registry&scope=repository%3Aacme%2Fapp%3Apull%2Cpush',
    ]);
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('lab:secret').toString('base64')}`);
  });

  test('a token for nobody', async () => {
    const asked = await withTokens(json({ access_token: 'a-token' }));
    await client({ credentials: anonymous }).resolve(at());
    expect(asked).toMatchObject([{ authorization: undefined, method: 'GET' }]);
  });

  test('a refresh token is posted, not put into an address', async () => {
    const asked = await withTokens();
    const credentials: Credentials = () =>
      Promise.resolve({ username: '<token>', password: 'refresh' });
    await client({ credentials }).resolve(at());
    expect(asked).toMatchObject([{ method: 'POST', authorization: undefined }]);
    expect(asked[0]?.url.search).toBe('');
  });

  test('a token that has run out is replaced', async () => {
    const asked = await withTokens(inTurn(json({ token: 'a-token' }), json({ token: 'another' })));
    const one = client();
    await one.resolve(at());
    server().authorization = 'Bearer another';
    expect(await one.resolve(at())).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  test('the password goes to no login server without TLS, unless the registry was named', async () => {
    const realm = await serve(json({ token: 'x' }));
    const answers = inTurn(text('', 401, { 'www-authenticate': `Bearer realm="${realm}"` }));
    const tls = await secureServer(answers);
    const { ca } = tls;
    const problem = await problemIn(
      client({ ca, plainHttp: [] }).resolve(at('acme/app', tls.host)),
    );
    expect(problem.message).toContain('its login server has no https address');
  });

  test.each([
    ['nobody logged in', anonymous, 'Basic realm="x"', 'it asks for a login, and there is none'],
    ['a wrong password', login, 'Basic realm="x"', 'the login is not accepted'],
    ['a kind of login that is unknown', login, 'Negotiate', 'of an unknown kind'],
  ])('%s', async (_, credentials, challenge, why) => {
    server().authorization = 'Basic nobody-knows';
    server().challenge = challenge;
    const problem = await problemIn(client({ credentials }).canPush(at()));
    expect(problem).toMatchObject({ id: 'registry-denied', value: `${host()}/acme/app` });
    expect(problem.message).toContain(why);
    expect(problem.fix).toContain('docker/login-action');
  });

  test.each([
    [json({}, 401), 'registry-denied'],
    [json({}, 403), 'registry-denied'],
    [json({}), 'registry-failed'],
    [text('<html>'), 'registry-failed'],
  ])('a login server that gives no token', async (answer, id) => {
    await withTokens(answer);
    expect((await problemIn(client().resolve(at()))).id).toBe(id);
  });
});
