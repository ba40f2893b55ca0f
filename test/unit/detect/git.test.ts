import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Git, gitEnvironment } from '../../../src/detect/git.ts';
import { folderWith, problemIn, stdoutOf } from '../kit/support.ts';
import { Repository, silent } from './repository.ts';

const TOKEN = 'ghs_0123456789';
const HEADER = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`;

describe('gitEnvironment', () => {
  test('the token is masked, goes to GitHub’s server alone, and never into an argument', async () => {
    let env: NodeJS.ProcessEnv = {};
    const said = await stdoutOf(() => {
      env = gitEnvironment({ GITHUB_SERVER_URL: 'https://git.example.com' }, '/x', TOKEN);
    });
    expect(env).toMatchObject({
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '/x',
      GIT_CONFIG_KEY_1: 'http.https://git.example.com/.extraheader',
      GIT_CONFIG_VALUE_1: '',
      GIT_CONFIG_KEY_2: 'http.https://git.example.com/.extraheader',
      GIT_CONFIG_VALUE_2: HEADER,
      GIT_TERMINAL_PROMPT: '0',
    });
    expect(said).toContain(`::add-mask::${HEADER.split(' ').pop() ?? ''}`);
  });

  test('what the job gives to git that way stays', () => {
    const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'a.b', GIT_CONFIG_VALUE_0: 'c' };
    expect(gitEnvironment(env, '/x', undefined)).toMatchObject({
      ...env,
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_1: 'safe.directory',
    });
  });

  test('without a token there is no header', () => {
    expect(gitEnvironment({}, '/x', undefined)).toMatchObject({ GIT_CONFIG_COUNT: '1' });
  });
});

test('a fetch sends the token once, though checkout has left one', async () => {
  const seen: (string[] | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headersDistinct.authorization);
    response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const repository = await Repository.with({ a: '' });
    await repository.git('remote', 'add', 'origin', `${url}/acme/shop`);
    await repository.git('config', `http.${url}/.extraheader`, 'AUTHORIZATION: basic b2xk');
    const log: string[] = [];
    let env: NodeJS.ProcessEnv = {};
    await stdoutOf(() => {
      const given = { ...process.env, GITHUB_SERVER_URL: url };
      env = gitEnvironment(given, repository.folder, TOKEN);
    });
    const git = new Git({ folder: repository.folder, log: silent(log), env });
    expect(await git.fetch('a'.repeat(40), 1)).toBe(false);
    expect(log.join('\n')).toMatch(/git \| fatal: repository .* not found/);
    expect(seen).toEqual([[HEADER.replace('AUTHORIZATION: ', '')]]);
  } finally {
    server.close();
  }
});

test('a repository of another owner is read all the same', async () => {
  const repository = await Repository.with({ a: '' });
  const foreign = { ...process.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  const reader = (env: NodeJS.ProcessEnv): Git =>
    new Git({ folder: repository.folder, log: silent(), env });
  const problem = await problemIn(reader({ ...foreign, HOME: '/nonexistent' }).head());
  expect(problem).toMatchObject({ id: 'repository-missing', value: repository.folder });
  expect(problem.message).toContain('dubious ownership');
  const safe = gitEnvironment(foreign, repository.folder, undefined);
  expect(await reader(safe).head()).toMatch(/^[0-9a-f]{40}$/);
});

test.each<[string, NodeJS.ProcessEnv, string]>([
  ['no repository', process.env, 'repository-missing'],
  ['no git', { PATH: '/nonexistent' }, 'git-missing'],
])('%s', async (_, env, id) => {
  const git = new Git({ folder: folderWith(), log: silent(), env });
  expect(await problemIn(git.head())).toMatchObject({ id });
});

test('a commit that cannot be read', async () => {
  const git = (await Repository.with({ a: '' })).reader();
  expect(await problemIn(git.tree('d'.repeat(40)))).toMatchObject({ id: 'git-failed' });
});

describe('tree', () => {
  test('holds what is committed, whatever it is called', async () => {
    const repository = await Repository.with({
      'ä b/ü.txt': 'é\n',
      'a\nb': 'two lines',
      link: '-> a',
      empty: '',
      'deep/er/file': 'x',
      large: 'x'.repeat(1024 * 1024 + 1),
    });
    const git = repository.reader();
    const tree = await git.tree(await git.head());
    expect(tree.files).toEqual(['a\nb', 'deep/er/file', 'empty', 'large', 'link', 'ä b/ü.txt']);
    expect(tree.links).toEqual(['link']);
    expect(tree.isLinked('link/x')).toBe(true);
    expect(tree.isLinked('deep/er')).toBe(false);
    const texts = await tree.texts(['ä b/ü.txt', 'empty', 'a\nb', 'link', 'large', 'none', 'deep']);
    expect(Object.fromEntries(texts)).toEqual({
      'ä b/ü.txt': 'é\n',
      'a\nb': 'two lines',
      empty: '',
    });
    expect(await tree.text('deep/er/file')).toBe('x');
    expect(await tree.texts([])).toEqual(new Map());
  });

  test('a checkout below the root of the repository has paths of its own', async () => {
    const repository = await Repository.with({ 'app/Dockerfile': 'FROM x\n', 'other/x': '' });
    const below = new Repository(`${repository.folder}/app`);
    const git = below.reader();
    const base = await git.head();
    expect((await git.tree(base)).files).toEqual(['Dockerfile']);
    const head = await repository.commit({ 'app/y': '', 'other/y': '' });
    expect(await git.changedFiles(base, head)).toEqual(['y']);
  });
});
