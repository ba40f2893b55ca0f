import { beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { History } from '../../../../src/scan/secrets/history.ts';
import { parseWish, type Range, resolveRange } from '../../../../src/scan/secrets/range.ts';
import { silent } from '../../detect/repository.ts';
import { problemIn, problemOf } from '../../kit/support.ts';
import { eventFrom, GONE, Story, type Told, ZERO } from './story.ts';

let story: Story;
beforeAll(async () => {
  story = await Story.told();
});

interface Row {
  readonly name: string;
  readonly told: Told;
  /** What is checked out. */
  readonly ref: string;
  readonly range?: string;
  /** The commits that are to be scanned, or words that say why there are none. */
  readonly commits: string;
  readonly what?: string;
  readonly full?: boolean;
}

const MAIN = 'r m1 m2 m3 m4 m5';
const topic = 'refs/heads/topic';
const side = 'refs/heads/side';

const rows: readonly Row[] = [
  {
    name: 'pull request, base as in the event',
    told: { pull: ['m3', 'topic-head'] },
    ref: 'refs/pull/8/merge',
    commits: 't1 t2 up t3',
    what: 'the pull request',
  },
  {
    name: 'pull request with a count of commits',
    told: { pull: ['m3', 'topic-head'], commits: 4 },
    ref: 'refs/pull/8/merge',
    commits: 't1 t2 up t3',
  },
  {
    name: 'pull request whose base is older than what it merged',
    told: { pull: ['m2', 'topic-head'] },
    ref: 'refs/pull/8/merge',
    commits: 't1 t2 up t3',
  },
  {
    name: 'pull request whose base has moved on',
    told: { pull: ['m5', 'topic-head'] },
    ref: 'refs/pull/7/merge',
    commits: 't1 t2 up t3',
  },
  {
    name: 'pull request, checked out at its head',
    told: { pull: ['m5', 'topic-head'] },
    ref: topic,
    commits: 't1 t2 up t3',
  },
  {
    name: 'pull request with another root',
    told: { pull: ['m5', 'a2'] },
    ref: 'main',
    commits: 'a1 a2',
  },
  {
    name: 'pull request without anything new',
    told: { pull: ['m5', 'm3'] },
    ref: 'main',
    commits: '',
  },
  {
    name: 'merge group',
    told: { group: ['m3', 'm5'] },
    ref: 'main',
    commits: 'm4 m5',
    what: 'the merge group',
  },
  {
    name: 'push of one commit',
    told: { push: ['m4', 'm5'], count: 1 },
    ref: 'main',
    commits: 'm5',
    what: 'the push',
  },
  { name: 'push of several', told: { push: ['m1', 'm5'] }, ref: 'main', commits: 'm2 m3 m4 m5' },
  {
    name: 'push of a merge',
    told: { push: ['t2', 't3'], ref: topic },
    ref: topic,
    commits: 'm2 m3 up t3',
  },
  {
    name: 'forced push, the old commit still there',
    told: { push: ['o2', 's2'], ref: side, forced: true },
    ref: side,
    commits: 's1 s2',
    what: 'a forced push',
  },
  {
    name: 'forced push, the old commit gone',
    told: { push: [GONE, 's2'], ref: side, forced: true },
    ref: side,
    commits: 's1 s2',
    what: 'is gone',
  },
  {
    name: 'forced push of the default branch, the old commit gone',
    told: { push: [GONE, 'm5'], forced: true },
    ref: 'main',
    commits: MAIN,
    what: 'the whole history',
    full: true,
  },
  {
    name: 'new branch',
    told: { push: [ZERO, 'topic-head'], ref: topic },
    ref: topic,
    commits: 't1 t2 up t3',
    what: 'a new branch',
  },
  {
    name: 'new branch without commits of its own',
    told: { push: [ZERO, 'm3'], ref: side },
    ref: 'main',
    commits: '',
  },
  {
    name: 'new branch with another root',
    told: { push: [ZERO, 'a2'], ref: 'refs/heads/alone' },
    ref: 'refs/heads/alone',
    commits: 'a1 a2',
  },
  {
    name: 'the first push of the default branch',
    told: { push: [ZERO, 'm5'] },
    ref: 'main',
    commits: MAIN,
    full: true,
  },
  {
    name: 'new branch, the default one missing',
    told: { push: [ZERO, 's2'], ref: side, main: 'missing' },
    ref: side,
    commits: 'r m1 s1 s2',
    full: true,
  },
  {
    name: 'a branch is deleted',
    told: { push: ['m5', ZERO], ref: side },
    ref: 'main',
    commits: 'The branch was deleted, so there is nothing to scan.',
  },
  {
    name: 'a tag is deleted',
    told: { push: ['v2', ZERO], ref: 'refs/tags/v2' },
    ref: 'main',
    commits: 'The tag was deleted, so there is nothing to scan.',
  },
  {
    name: 'tag with a message',
    told: { push: [ZERO, 'v2'], ref: 'refs/tags/v2' },
    ref: 'refs/tags/v2',
    commits: 'm3 m4',
    what: 'the tag',
  },
  {
    name: 'first tag, while a later one exists',
    told: { push: [ZERO, 'm2'], ref: 'refs/tags/v1' },
    ref: 'refs/tags/v1',
    commits: 'r m1 m2',
    what: 'the first tag',
    full: true,
  },
  {
    name: 'tag on a line without tags',
    told: { push: [ZERO, 's2'], ref: 'refs/tags/side' },
    ref: side,
    commits: 'r m1 s1 s2',
    full: true,
  },
  { name: 'schedule', told: { event: 'schedule' }, ref: 'main', commits: MAIN, full: true },
  {
    name: 'dispatch',
    told: { event: 'workflow_dispatch' },
    ref: topic,
    commits: 'r m1 m2 m3 t1 t2 up t3',
    full: true,
  },
  {
    name: 'a push that says nothing',
    told: { event: 'push' },
    ref: 'main',
    commits: MAIN,
    full: true,
  },
  {
    name: 'range: full on a push',
    told: { push: ['m4', 'm5'] },
    ref: 'main',
    range: 'full',
    commits: MAIN,
    full: true,
  },
  {
    name: 'range: two tags',
    told: { event: 'schedule' },
    ref: 'main',
    range: 'v1..v2',
    commits: 'm3 m4',
    what: 'as the input says',
  },
  {
    name: 'range: two branches',
    told: { event: 'schedule' },
    ref: 'main',
    range: 'main..topic',
    commits: 't1 t2 up t3',
  },
];

async function resolved(
  { told, ref, range = 'auto' }: Row,
  depth: number | undefined,
): Promise<{ readonly names: string; readonly range: Range | undefined }> {
  const copy = await story.origin.clone(depth, ref);
  if (range.includes('v1'))
    await copy.git('fetch', '--quiet', '--depth=1', 'origin', 'tag', 'v1', 'tag', 'v2');
  const history = await History.open(copy.folder, undefined, { env: process.env, log: silent() });
  const result = await resolveRange(parseWish(range), eventFrom(told, story), history);
  if ('nothing' in result) return { names: result.nothing, range: undefined };
  const names = (await history.list(result)).map((hash) => story.named(hash));
  return { names: names.sort().join(' '), range: result };
}

describe.each([
  ['a checkout of one commit', 1],
  ['a checkout of two', 2],
  ['a full checkout', undefined],
])('%s', (_, depth) => {
  test.each(rows)('$name', async (row) => {
    story.names.set('topic-head', story.hash('t3'));
    const { names, range } = await resolved(row, depth);
    const expected = row.commits.includes('nothing')
      ? row.commits
      : row.commits.split(' ').sort().join(' ');
    expect(names).toBe(expected);
    if (range !== undefined) expect(range.full).toBe(row.full ?? false);
    if (row.what !== undefined) expect(range?.what).toContain(row.what);
  });
});

test('a full checkout with all its branches and tags: the schedule scans them, too', async () => {
  const copy = await story.origin.clone(undefined);
  await copy.git('fetch', '--quiet', 'origin', '+refs/heads/*:refs/remotes/origin/*');
  const history = await History.open(copy.folder, undefined, { env: process.env, log: silent() });
  const range = await resolveRange({ kind: 'auto' }, { kind: 'other' }, history);
  const names = (await history.list(range as Range)).map((hash) => story.named(hash)).sort();
  expect(names).toEqual([...'r m1 m2 m3 m4 m5 t1 t2 t3 up s1 s2 o1 o2 a1 a2'.split(' ')].sort());
});

test('only what is missing is fetched', async () => {
  const copy = await story.origin.clone(1);
  const history = await History.open(copy.folder, undefined, { env: process.env, log: silent() });
  await resolveRange({ kind: 'auto' }, eventFrom({ push: ['m4', 'm5'], count: 1 }, story), history);
  // The push, the commit before it, and one more, since both are deepened.
  expect(await copy.git('rev-list', '--count', 'HEAD')).toBe('3');
  expect(existsSync(join(copy.folder, '.git/shallow'))).toBe(true);
});

test('a commit that cannot be had is an error', async () => {
  const copy = await story.origin.clone(undefined);
  const history = await History.open(copy.folder, undefined, { env: process.env, log: silent() });
  const open = (range: string, told: Told): Promise<unknown> =>
    resolveRange(parseWish(range), eventFrom(told, story), history);
  const auto = await problemIn(open('auto', { pull: ['m3', GONE] }));
  expect(auto).toMatchObject({ id: 'range-unknown', value: GONE });
  const named = await problemIn(open('main..nowhere', { event: 'schedule' }));
  expect(named).toMatchObject({ id: 'range-unknown', value: 'nowhere' });
});

test('a shallow checkout whose server is gone is an error', async () => {
  const copy = await story.origin.clone(1);
  await copy.git('remote', 'set-url', 'origin', `file://${copy.folder}/nowhere`);
  const history = await History.open(copy.folder, undefined, { env: process.env, log: silent() });
  const problem = await problemIn(resolveRange({ kind: 'full' }, { kind: 'other' }, history));
  expect(problem.id).toBe('history-shallow');
});

test.each(['', 'A...B', 'A..', '..B', '--all..B', 'A..-B', 'A B..C', 'main'])(
  'no range: %p',
  (text) => {
    expect(problemOf(() => parseWish(text)).id).toBe('bad-range');
  },
);
