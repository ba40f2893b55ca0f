import { expect, test } from '@jest/globals';
import { GitHubServer } from '../../lab/github/server.ts';

const deployments = '/repos/acme/saas-chat/deployments';

/** What the server says when it ends, after a single request. */
async function verdict(path: string, init: RequestInit): Promise<string> {
  const server = await GitHubServer.start({ tokens: { all: { deployments: 'write' } } });
  await fetch(`${server.url}${path}`, { ...init, headers: { authorization: 'token all' } });
  return server.close().then(
    () => 'fine',
    (error: unknown) => String(error),
  );
}

test.each<[string, string, RequestInit, string]>([
  ['what is documented', `${deployments}?per_page=5&sha=abc`, {}, 'fine'],
  ['another path', '/repos/acme/saas-chat/nothing', {}, 'there is no such operation'],
  ['another method', deployments, { method: 'PATCH', body: '{}' }, 'there is no such operation'],
  ['another parameter', `${deployments}?commit=abc`, {}, 'there is no parameter commit'],
  ['a number that is none', `${deployments}?per_page=many`, {}, 'per_page does not fit'],
  ['no body', deployments, { method: 'POST' }, 'body does not fit'],
  ['a body without a ref', deployments, { method: 'POST', body: '{}' }, "required property 'ref'"],
  [
    'a state that is none',
    `${deployments}/1/statuses`,
    { method: 'POST', body: '{"state":"done"}' },
    'allowed values',
  ],
])('the test server holds a request against the description: %s', async (_, path, init, said) => {
  expect(await verdict(path, init)).toContain(said);
});
