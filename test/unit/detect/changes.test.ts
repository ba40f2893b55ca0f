import { describe, expect, test } from '@jest/globals';
import { judge, type Verdict } from '../../../src/detect/changes.ts';
import { partsOf } from '../../../src/detect/parts.ts';
import type { ReleaseRecord } from '../../../src/release/record.ts';
import { type Files, Repository, SIX } from './repository.ts';
import { recordOf } from './records.ts';

/** What is built after a change of a repository whose first commit is recorded, and why. */
async function after(
  before: Files,
  change: Files,
  configs: { before?: string; after?: string } = {},
  touch: (record: ReleaseRecord) => ReleaseRecord = (record) => record,
): Promise<Verdict[]> {
  const repository = await Repository.with(before);
  const git = repository.reader();
  const base = await git.head();
  const old = await repository.services(configs.before);
  const record = touch(recordOf(base, old));
  const head = await repository.commit(change);
  const services = await repository.services(configs.after ?? configs.before);
  const parts = await partsOf(await git.tree(head), services);
  return judge(services, { record, before: old, files: await git.changedFiles(base, head), parts });
}

const built = (verdicts: readonly Verdict[]): string[] =>
  verdicts.flatMap(({ service, recorded }) => (recorded ? [] : [service.name]));

describe('six services', () => {
  test.each<[string, Files, string[]]>([
    ['nothing', {}, []],
    ['documentation', { 'README.md': 'new\n', 'docs/x.md': 'new\n' }, []],
    ['a file of one service', { 'services/mail/main.js': '//\n' }, ['mail']],
    ['a new file', { 'services/search/new.go': 'package main\n' }, ['search']],
    ['a removed file', { 'services/reports/main.py': null }, ['reports']],
    ['its Dockerfile', { 'services/proxy/Dockerfile': 'FROM nginx:1.30\n' }, ['proxy']],
    ['a shared folder', { 'packages/kit/index.js': '//\n' }, ['mail', 'web']],
    ['a module that is replaced by a path', { 'libs/proto/proto.go': 'package p\n' }, ['search']],
    ['a package by name and by path', { 'libs/common/common.py': '#\n' }, ['prices', 'reports']],
    ['the lockfile', { 'pnpm-lock.yaml': 'lockfileVersion: 10\n' }, ['web']],
    ['what the builder may not see', { 'services/web/test/main.test.js': '//\n' }, []],
    ['.dockerignore of the root', { '.dockerignore': '**/test\n' }, ['web']],
    ['.dockerignore of one', { 'services/mail/.dockerignore': 'x\n' }, ['mail']],
    ['a file that became a link', { 'services/proxy/nginx.conf': '-> ../../README.md' }, ['proxy']],
    ['a name with a line break', { 'services/mail/a\nb': '' }, ['mail']],
    ['a folder with a similar name', { 'services/mailer/x': '' }, []],
  ])('%s', async (_, change, expected) => {
    expect(built(await after(SIX, change))).toEqual(expected);
  });

  test('says why, and what the others have', async () => {
    const verdicts = await after(SIX, {
      'packages/kit/index.js': '//\n',
      'packages/kit/more.js': '//\n',
      'services/mail/main.js': '//\n',
    });
    const reasons = Object.fromEntries(
      verdicts.map(({ service, reason }) => [service.name, reason]),
    );
    expect(reasons).toMatchObject({
      web: 'packages/kit/index.js has changed (copied by its Dockerfile), and 1 more',
      mail: 'packages/kit/index.js has changed (in packages/kit, a package that it needs), and 2 more',
    });
    expect(reasons.proxy).toMatch(/^unchanged since [0-9a-f]{7}$/);
    const proxy = verdicts.find(({ service }) => service.name === 'proxy');
    expect(proxy?.recorded?.image).toMatch(/^ghcr.io\/acme\/shop\/proxy@sha256:/);
  });
});

describe('a context that is shared', () => {
  const lone = (dockerfile: string, more: Files = {}): Files => ({
    Dockerfile: `FROM x\n${dockerfile}\n`,
    'src/a.js': '',
    'docs/b.md': '',
    ...more,
  });

  test.each<[string, Files, Files, boolean]>([
    ['copied whole', lone('COPY . .'), { 'docs/b.md': '1' }, true],
    [
      'copied whole but for what is ignored',
      lone('COPY . .', { '.dockerignore': 'docs' }),
      { 'docs/b.md': '1' },
      false,
    ],
    [
      'the ignore file of the Dockerfile goes before',
      lone('COPY . .', { '.dockerignore': 'docs', 'Dockerfile.dockerignore': 'src' }),
      { 'docs/b.md': '1' },
      true,
    ],
    ['only a part copied', lone('COPY src /src'), { 'docs/b.md': '1' }, false],
    ['a part that is copied', lone('COPY src /src'), { 'src/a.js': '1' }, true],
    ['a pattern', lone('COPY s*/*.js /src'), { 'src/c.js': '1' }, true],
    ['a variable', lone('ARG D=src\nCOPY $D /src'), { 'docs/b.md': '1' }, true],
    ['a mount of RUN', lone('RUN --mount=target=/src make'), { 'docs/b.md': '1' }, true],
    ['through a link', lone('COPY link /src', { link: '-> docs' }), { 'docs/b.md': '1' }, true],
    [
      'through a link by a pattern',
      lone('COPY l*/x /src', { link: '-> docs' }),
      { 'docs/b.md': '1' },
      true,
    ],
    [
      'a Dockerfile that is a link',
      { ...lone(''), Dockerfile: '-> docs/Dockerfile.real', 'docs/Dockerfile.real': 'FROM x\n' },
      { 'docs/Dockerfile.real': 'FROM y\n' },
      true,
    ],
  ])('%s', async (_, files, change, expected) => {
    const config = 'app: shop\nservices: { web: { context: . } }\n';
    expect(built(await after(files, change, { before: config }))).toEqual(expected ? ['web'] : []);
  });

  test('an argument that slipway.yml gives tells services of one Dockerfile apart', async () => {
    const config = `
app: shop
services:
  a: { context: ., args: { S: a } }
  b: { context: ., args: { S: b } }
`;
    const files = {
      Dockerfile: 'FROM x\nARG S\nCOPY services/$S /app\n',
      'services/a/x': '',
      'services/b/x': '',
    };
    expect(built(await after(files, { 'services/b/x': '1' }, { before: config }))).toEqual(['b']);
  });

  test('a context around others is shared, too', async () => {
    const config = 'app: shop\nservices: { all: { context: apps }, one: { context: apps/one } }\n';
    const files = {
      'apps/Dockerfile': 'FROM x\nCOPY shared /x\n',
      'apps/shared/a': '',
      'apps/one/Dockerfile': 'FROM x\n',
      'apps/one/a': '',
    };
    expect(built(await after(files, { 'apps/one/a': '1' }, { before: config }))).toEqual(['one']);
  });
});

describe('an image that others build upon', () => {
  const files = {
    'base/Dockerfile': 'FROM x\nCOPY . .\n',
    'base/a': '',
    'assets/Dockerfile': 'FROM y\n',
    'assets/b': '',
    'web/Dockerfile': 'FROM ghcr.io/acme/shop/base:latest AS base\nFROM base\n',
    'site/Dockerfile':
      'FROM x\nCOPY --from=ghcr.io/acme/shop/assets /b /b\nCOPY --from=$OPEN /c /c\n',
    'deep/Dockerfile':
      'FROM x\nRUN --mount=type=bind,from=ghcr.io/acme/shop/web:1,target=/w make\n',
  };

  test.each([
    [{ 'base/a': '1' }, ['base', 'deep', 'web']],
    [{ 'assets/b': '1' }, ['assets', 'site']],
    [{ 'web/c': '1' }, ['deep', 'web']],
  ])('%j', async (change, expected) => {
    expect(built(await after(files, change))).toEqual(expected);
  });
});

describe('what lies elsewhere', () => {
  test('a submodule in a shared context, and below a copied folder', async () => {
    const other = await Repository.with({ 'lib/x': '' });
    const repository = await Repository.with({
      Dockerfile: 'FROM x\nCOPY vendored/lib /lib\n',
      'README.md': '',
    });
    const add = (commit: string): Promise<string> =>
      repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},vendored`);
    await add(await other.git('rev-parse', 'HEAD'));
    await repository.git('commit', '--quiet', '--message', 'a submodule');
    const git = repository.reader();
    const base = await git.head();
    const services = await repository.services();
    await add(await other.commit({ 'lib/x': '1' }));
    await repository.git('commit', '--quiet', '--message', 'moved on');
    const head = await git.head();
    const files = await git.changedFiles(base, head);
    expect(files).toEqual(['vendored']);
    const parts = await partsOf(await git.tree(head), services);
    const record = recordOf(base, services);
    expect(built(judge(services, { record, before: services, files, parts }))).toEqual(['Shop']);
  });

  test('another service as a further context, which may be anything', async () => {
    const compose =
      'services: { a: { build: { context: a, additional_contexts: { b: "service:b" } } }, b: { build: b } }\n';
    const files = {
      'compose.yml': compose,
      'a/Dockerfile': 'FROM x\n',
      'b/Dockerfile': 'FROM x\n',
    };
    expect(built(await after(files, { 'b/x': '' }))).toEqual(['a', 'b']);
  });
});

describe('settings', () => {
  const files = { 'a/Dockerfile': 'FROM x\n', 'b/Dockerfile': 'FROM x\n', 'proto/x.proto': '' };
  const config = (a: string): string =>
    `app: shop\nservices:\n  a: { context: a${a} }\n  b: { context: b, watch: [proto/*.proto] }\n`;

  test.each([
    ['a target', ', target: prod', ['a']],
    ['an argument', ', args: { X: y }', ['a']],
    ['a platform', ', platforms: linux/arm64', ['a']],
    ['another image', ', image: ghcr.io/x/a', ['a']],
    ['another Dockerfile', ', dockerfile: b/Dockerfile', ['a']],
    ['a port, which is not the image’s', ', port: 80', []],
    ['a limit, which is not the image’s', ', max-size: 5MB', []],
  ])('%s', async (_, more, expected) => {
    const configs = { before: config(''), after: config(more) };
    expect(built(await after(files, {}, configs))).toEqual(expected);
  });

  test('watch', async () => {
    expect(built(await after(files, { 'proto/x.proto': '1' }, { before: config('') }))).toEqual([
      'b',
    ]);
  });

  test('Compose', async () => {
    const compose = (target: string): Files => ({
      'compose.yml': `services: { a: { build: { context: a, target: ${target} } }, b: { build: b } }\n`,
    });
    expect(built(await after({ ...files, ...compose('x') }, compose('y')))).toEqual(['a']);
  });
});

describe('the record', () => {
  const files = { 'a/Dockerfile': 'FROM x\n', 'b/Dockerfile': 'FROM x\n' };
  const without = (record: ReleaseRecord): ReleaseRecord => {
    const { a: _, ...services } = record.services;
    return { ...record, services };
  };

  test('does not hold a service', async () => {
    const verdicts = await after(files, {}, {}, without);
    expect(built(verdicts)).toEqual(['a']);
    expect(verdicts[0]?.reason).toContain('does not hold it');
  });

  test('has it under another image name', async () => {
    const elsewhere = `ghcr.io/old/a@sha256:${'0'.repeat(64)}`;
    const verdicts = await after(files, {}, {}, (record) => ({
      ...record,
      services: { ...record.services, a: { image: elsewhere, revision: record.commit } },
    }));
    expect(built(verdicts)).toEqual(['a']);
  });

  test('what the services were at the base cannot be told', async () => {
    const repository = await Repository.with(files);
    const services = await repository.services();
    const record = recordOf(await repository.git('rev-parse', 'HEAD'), services);
    const comparison = { record, files: [], parts: new Map() };
    expect(built(judge(services, { ...comparison, before: undefined }))).toEqual(['a', 'b']);
    expect(built(judge(services, { ...comparison, before: services.slice(1) }))).toEqual(['a']);
  });

  test('a new service, a renamed one', async () => {
    const change = { 'b/Dockerfile': null, 'c/Dockerfile': 'FROM x\n' };
    expect(built(await after(files, change))).toEqual(['c']);
  });

  test('a name of the language is no service of it', async () => {
    const change = { 'constructor/Dockerfile': 'FROM x\n' };
    expect(built(await after(files, change))).toEqual(['constructor']);
  });
});
