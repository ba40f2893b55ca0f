import { describe, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { below, composeSources, exists, readContent } from '../../../src/deploy/files.ts';
import { folderWith, problemOf } from '../kit/support.ts';

const names = (compose: readonly string[], workspace: string): string[] =>
  composeSources(compose, workspace).map(({ path }) => path);

describe('composeSources', () => {
  test('follows what Compose reads, and nothing else', () => {
    const workspace = folderWith({
      'compose.yml': `
include: [parts/db.yml, { path: [parts/cache.yml], env_file: cache.env }]
services:
  api:
    extends: { file: base/common.yml, service: common }
    env_file: [.env.api, { path: ./optional.env, required: false }, not-there.env]
    label_file: labels
    volumes: ['./conf:/conf:ro', 'data:/data']
    build: ./api
  web: { env_file: web.env }
secrets: { s: { file: ./secret.txt } }
configs: { c: { file: config.txt } }
`,
      'parts/db.yml': 'services: { db: { env_file: db.env } }',
      'parts/db.env': 'A=1',
      'parts/cache.yml': 'services: {}',
      'cache.env': 'B=1',
      'base/common.yml': 'services: { common: { extends: { file: ../root.yml, service: x } } }',
      'root.yml': 'services: {}',
      '.env.api': 'C=1',
      'optional.env': 'D=1',
      labels: 'e=1',
      'web.env': 'F=1',
      'secret.txt': 's',
      'config.txt': 'c',
      'conf/app.conf': 'not read',
      'api/Dockerfile': 'not read',
      'db.env': 'not read',
    });
    expect(names(['compose.yml'], workspace).sort()).toEqual(
      ['.env.api', 'base/common.yml', 'cache.env', 'compose.yml', 'config.txt', 'labels', 'optional.env',
       'parts/cache.yml', 'parts/db.env', 'parts/db.yml', 'root.yml', 'secret.txt', 'web.env'].map((name) => `src/${name}`),
    ); // prettier-ignore
  });

  test('files are for their owner alone, each once, in the given order', () => {
    const workspace = folderWith({ 'a.yml': 'include: [b.yml]', 'b.yml': 'include: [a.yml]' });
    expect(composeSources(['b.yml', 'a.yml', './b.yml'], workspace)).toEqual([
      { path: 'src/b.yml', content: Buffer.from('include: [a.yml]'), mode: 0o600 },
      { path: 'src/a.yml', content: Buffer.from('include: [b.yml]'), mode: 0o600 },
    ]);
  });

  test('a link is sent under its own name, which Compose is told', () => {
    const workspace = folderWith({ 'real/c.yml': 'include: [b.yml]', 'b.yml': '' });
    symlinkSync('real/c.yml', join(workspace, 'c.yml'));
    expect(names(['./c.yml'], workspace)).toEqual(['src/c.yml', 'src/b.yml']);
  });

  test('bytes that are no text stay what they are', () => {
    const workspace = folderWith({ 'c.yml': 'services: { a: { env_file: a.env } }' });
    const bytes = Buffer.from([0x41, 0x3d, 0xff, 0xfe]);
    writeFileSync(join(workspace, 'a.env'), bytes);
    expect(composeSources(['c.yml'], workspace)[1]?.content).toEqual(bytes);
  });

  test('what only Compose can resolve is left to it', () => {
    const workspace = folderWith({
      'c.yml':
        'services: { a: { env_file: ["${X}.env", /etc/x.env, ""], extends: { service: b } } }',
      '${X}.env': 'no',
    });
    expect(names(['c.yml'], workspace)).toEqual(['src/c.yml']);
  });

  test("tags of Compose's own are no errors", () => {
    const workspace = folderWith({
      'c.yml': 'services: { a: { ports: !reset [], env_file: !override [a.env] } }',
      'a.env': '',
    });
    expect(names(['c.yml'], workspace)).toEqual(['src/c.yml', 'src/a.env']);
  });

  test.each(['missing.yml', 'folder'])('%s is no Compose file', (path) => {
    const workspace = folderWith({ 'folder/x': '' });
    const problem = problemOf(() => names([path], workspace));
    expect(problem).toMatchObject({ id: 'compose-file-missing', value: path });
    expect(problem.fix).toContain('"compose:" in slipway.yml');
  });

  test('bad YAML names the file, also of an included one', () => {
    const workspace = folderWith({ 'c.yml': 'include: [bad/d.yml]', 'bad/d.yml': 'services: [' });
    expect(problemOf(() => names(['c.yml'], workspace))).toMatchObject({
      id: 'compose-invalid',
      message: expect.stringMatching(
        /^The Compose file is not valid YAML: \S.* at line 1/,
      ) as unknown,
      value: 'bad/d.yml',
    });
  });

  test('an alias of nothing names the file, too', () => {
    const workspace = folderWith({ 'c.yml': 'services: *x' });
    expect(problemOf(() => names(['c.yml'], workspace))).toMatchObject({
      id: 'compose-invalid',
      value: 'c.yml',
    });
  });

  test('nothing outside of the workspace is read', () => {
    const workspace = folderWith({
      'c.yml': 'services: { a: { env_file: ../x.env } }',
      'l.yml': 'include: [link.env]',
    });
    symlinkSync('/etc/hostname', join(workspace, 'link.env'));
    for (const file of ['c.yml', 'l.yml', '../c.yml']) {
      expect(problemOf(() => names([file], workspace)).id).toBe('path-outside-workspace');
    }
  });
});

describe('readContent', () => {
  const at = (files: Record<string, string>, path: string): ReturnType<typeof readContent> => {
    const workspace = folderWith(files);
    return readContent(join(workspace, path), workspace);
  };

  test('a file', () => {
    const content = at({ 'run.txt': 'x' }, 'run.txt');
    expect(content).toMatchObject({
      folder: false,
      entries: [{ path: '', content: Buffer.from('x'), mode: 0o644 }],
    });
    expect(content.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a folder, in an order of its own', () => {
    const content = at({ 'd/b': '1', 'd/a/c': '2' }, 'd');
    expect(content.folder).toBe(true);
    expect(content.entries.map(({ path, mode }) => [path, mode])).toEqual([
      ['', 0o755],
      ['a/', 0o755],
      ['a/c', 0o644],
      ['b', 0o644],
    ]);
  });

  test('the hash says names, modes and bytes', () => {
    const workspace = folderWith({
      'a/x': '1',
      'b/x': '1',
      'c/y': '1',
      'd/x': '2',
      'e/x': '1',
      'f/x/y': '1',
      'g/x': '',
      'g/1': '',
    });
    chmodSync(join(workspace, 'e/x'), 0o755);
    const hash = (name: string): string => readContent(join(workspace, name), workspace).sha256;
    expect(hash('a')).toBe(hash('b'));
    expect(new Set(['a', 'c', 'd', 'e', 'f', 'g'].map(hash)).size).toBe(6);
  });

  test('what the umask of the runner took away makes no difference', () => {
    const workspace = folderWith({ 'a/x': '1', 'b/x': '1' });
    chmodSync(join(workspace, 'a/x'), 0o640);
    chmodSync(join(workspace, 'a'), 0o700);
    expect(readContent(join(workspace, 'a'), workspace).sha256).toBe(
      readContent(join(workspace, 'b'), workspace).sha256,
    );
  });

  test('links are followed within the workspace', () => {
    const workspace = folderWith({ 'd/real': 'x', 'elsewhere/y': 'z' });
    symlinkSync('real', join(workspace, 'd/link'));
    symlinkSync('../elsewhere', join(workspace, 'd/folder'));
    expect(readContent(join(workspace, 'd'), workspace).entries.map(({ path }) => path)).toEqual([
      '',
      'folder/',
      'folder/y',
      'link',
      'real',
    ]);
  });
});

describe('a link that cannot be followed is named', () => {
  test.each([
    ['to nothing', 'nowhere'],
    ['to itself', 'link'],
    ['to the folder that holds it', '.'],
    ['to a folder further up', '..'],
  ])('%s', (_, to) => {
    const workspace = folderWith({ 'd/e/x': '' });
    symlinkSync(to, join(workspace, 'd/e/link'));
    expect(problemOf(() => readContent(join(workspace, 'd'), workspace))).toMatchObject({
      id: 'link-broken',
      value: 'd/e/link',
    });
  });
});

test('exists: also what cannot be read, so that it is judged and not taken for data', () => {
  const workspace = folderWith({ 'a/b': '' });
  mkdirSync(join(workspace, 'empty'));
  symlinkSync('/nowhere', join(workspace, 'dangling'));
  expect(
    ['a', 'a/b', 'empty', 'dangling', 'c', 'a/c'].map((path) => exists(path, workspace)),
  ).toEqual([true, true, true, true, false, false]);
});

test.each([
  ['/a/b', '/a/b', ''],
  ['/a/b', '/a/b/c/d', 'c/d'],
  ['/a/b', '/a/bc', undefined],
  ['/a/b', '/a', undefined],
  ['/a/b', '/x', undefined],
])('below(%s, %s) is %j', (folder, file, path) => {
  expect(below(folder, file)).toBe(path);
});
