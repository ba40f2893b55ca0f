import { describe, expect, test } from '@jest/globals';
import { fileAt } from '../../../src/github/contents.ts';
import { problemIn } from '../kit/support.ts';
import { commit, memory, scene } from './scene.ts';

const { server, access } = scene();
const read = (path: string, ref = commit, token?: string) =>
  fileAt(access(token), path, ref, memory().log);

describe('a file of another ref', () => {
  test.each([
    ['in the root', '.trivyignore.yaml', commit, '.trivyignore.yaml'],
    ['in a folder, of a branch', 'config/a b/ignore.yaml', 'release/1.x', 'config/a b/ignore.yaml'],
    ['written with a dot', 'config/ignore.yaml', commit, './config/../config/ignore.yaml'],
  ])('%s', async (_, path, ref, given) => {
    const text = `vulnerabilities: [] # ü 🙂\n${'x'.repeat(500)}\n`;
    server().contents.commit(ref, path, text);
    server().contents.commit('other', path, 'of another ref');
    expect(await read(given, ref)).toBe(text);
  });

  test('that is empty is there all the same', async () => {
    server().contents.commit(commit, 'empty.yaml', '');
    expect(await read('empty.yaml')).toBe('');
  });

  test('that does not exist is undefined', async () => {
    server().contents.commit(commit, 'README.md', 'x');
    expect(await read('.trivyignore.yaml')).toBeUndefined();
  });

  test('a ref that does not exist is told from a file that does not', async () => {
    expect(await problemIn(read('README.md', 'gone'))).toMatchObject({
      id: 'github-ref-missing',
      value: 'acme/saas-chat/README.md@gone',
    });
  });

  test.each([
    ['a folder', 'docs'],
    ['what is too large', 'large.yaml'],
  ])('%s is no file', async (_, path) => {
    server().contents.commit(commit, 'docs/a.md', 'x');
    server().contents.commit(commit, 'large.yaml', 'x'.repeat(1024 * 1024 + 1));
    expect((await problemIn(read(path))).id).toBe('github-no-file');
  });

  test('a token that may not is told which permission it needs', async () => {
    const problem = await problemIn(read('README.md', commit, 'nothing'));
    expect(problem.id).toBe('github-denied');
    expect(problem.fix).toContain('"contents: read"');
  });

  test('a moment of weakness is waited out', async () => {
    server().contents.commit(commit, 'a.yaml', 'x');
    server().faults.push({ on: 'GET /contents', status: 502, times: 2 });
    expect(await read('a.yaml')).toBe('x');
  });
});
