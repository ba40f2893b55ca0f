import { beforeAll, describe, expect, test } from '@jest/globals';
import { findBase } from '../../../src/detect/base.ts';
import type { Event } from '../../../src/detect/event.ts';
import { problemIn } from '../kit/support.ts';
import { recordOf } from './records.ts';
import { Repository, silent } from './repository.ts';

interface Found {
  /** The base as a name of this test. */
  readonly base: string | undefined;
  readonly asked: readonly string[];
  readonly log: readonly string[];
}

let origin: Repository;
/** Commits by name. */
const at: Record<string, string> = {};

// Tables are written before the commits are made.
type Happened = () => Event;
const push =
  (before: string | undefined, defaultBranch = 'main'): Happened =>
  () => ({
    kind: 'push',
    before: before === undefined ? undefined : (at[before] ?? before),
    defaultBranch,
  });
const merge =
  (onto: string): Happened =>
  () => ({ kind: 'merge', onto: at[onto] ?? onto });
const other: Happened = () => ({ kind: 'other' });

/**
 * ```
 * m1 - m2 - m3 - m4   main (tag v1 at m3)
 *        \    \
 *         \    pr     refs/pull/1/merge: m3 and f2
 *          f1 - f2    feature
 * ```
 * and `lost`, which a force-push of main took off every branch.
 */
beforeAll(async () => {
  origin = await Repository.with({ file: '1' });
  const commit = async (name: string): Promise<void> => {
    at[name] = await origin.commit({ file: name });
  };
  at.m1 = await origin.git('rev-parse', 'HEAD');
  await commit('m2');
  await origin.git('checkout', '--quiet', '-b', 'feature');
  await commit('f1');
  await commit('f2');
  await origin.git('checkout', '--quiet', 'main');
  await commit('lost');
  await origin.git('reset', '--quiet', '--hard', at.m2 ?? '');
  await commit('m3');
  await origin.git('tag', 'v1');
  await origin.git('checkout', '--quiet', '--detach');
  await origin.git('merge', '--quiet', '--strategy=ours', '--no-edit', 'feature');
  at.pr = await origin.git('rev-parse', 'HEAD');
  await origin.git('update-ref', 'refs/pull/1/merge', 'HEAD');
  await origin.git('checkout', '--quiet', 'main');
  await commit('m4');
});

const nameOf = (commit: string): string =>
  Object.keys(at).find((name) => at[name] === commit) ?? commit;

async function find(
  ref: string,
  happened: Happened,
  recorded: readonly string[],
  { depth, named }: { depth?: number; named?: string } = {},
): Promise<Found> {
  const asked: string[] = [];
  const log: string[] = [];
  const git = (await origin.clone(depth, ref)).reader(silent(log));
  const head = await git.head();
  const base = await findBase({
    git,
    log: silent(log),
    event: happened(),
    head,
    named,
    records: {
      of: (commit) => {
        asked.push(nameOf(commit));
        return Promise.resolve(
          recorded.includes(nameOf(commit)) ? recordOf(commit, []) : undefined,
        );
      },
    },
  });
  return { base: base && nameOf(base.commit), asked, log };
}

describe.each([
  ['a full checkout', undefined],
  ['a checkout of depth 1', 1],
])('%s', (_, depth) => {
  test.each<[string, string, Happened, readonly string[], string | undefined]>([
    ['push: the commit before', 'main', push('m3'), ['m1', 'm3'], 'm3'],
    ['push of several commits', 'main', push('m2'), ['m1', 'm2', 'm3'], 'm2'],
    ['push after builds that failed: the last good one', 'main', push('m3'), ['m1'], 'm1'],
    ['a second run', 'main', push('m3'), ['m3', 'm4'], 'm4'],
    ['no record at all', 'main', push('m3'), [], undefined],
    ['force-push: what was there before', 'main', push('lost'), ['lost', 'm2'], 'lost'],
    ['force-push after a failed build', 'main', push('lost'), ['m2'], 'm2'],
    ['force-push, and the old commit is gone', 'main', push('d'.repeat(40)), ['m3'], 'm3'],
    ['first push of a branch', 'feature', push(undefined), ['m2', 'm3'], 'm2'],
    ['first push, unknown default branch', 'feature', push(undefined, 'no'), ['m1'], 'm1'],
    ['first push of the default branch', 'main', push(undefined), ['m1'], 'm1'],
    ['pull request, merged by GitHub', 'refs/pull/1/merge', merge('m3'), ['m2', 'm3'], 'm3'],
    ['pull request, its own commit', 'feature', merge('m3'), ['m2', 'm3'], 'm2'],
    ['pull request onto a commit that is gone', 'feature', merge('d'.repeat(40)), ['m2'], 'm2'],
    ['tag of a commit that was built', 'v1', other, ['m1', 'm2', 'm3'], 'm3'],
    ['tag of one that was not', 'v1', other, ['m1', 'm2'], 'm2'],
    ['dispatch', 'main', other, ['m2'], 'm2'],
  ])('%s', async (_name, ref, event, recorded, base) => {
    expect((await find(ref, event, recorded, { ...(depth && { depth }) })).base).toBe(base);
  });

  test('a named base', async () => {
    const options = { ...(depth && { depth }), named: at.m2 ?? '' };
    expect((await find('main', push('m3'), ['m1', 'm2', 'm3', 'm4'], options)).base).toBe('m2');
  });
});

test('a shallow checkout is deepened only as far as it takes, and says so', async () => {
  const near = await find('main', push('m3'), ['m3'], { depth: 1 });
  expect(near.log).toEqual([
    expect.stringMatching(/^Fetching [0-9a-f]{7}, 1 deep, since the checkout is shallow$/),
  ]);
  const far = await find('main', push('m3'), ['m1'], { depth: 1 });
  expect(far.log).toContainEqual(expect.stringMatching(/^m?[0-9a-f]{7} has no record/));
  expect(far.log).toContainEqual(expect.stringContaining('50 deep'));
});

test('a full checkout stays one', async () => {
  const copy = await origin.clone(undefined);
  const git = copy.reader();
  const base = await findBase({
    git,
    log: silent(),
    event: push('lost')(),
    head: await git.head(),
    named: undefined,
    records: {
      of: (commit) => Promise.resolve(commit === at.lost ? recordOf(commit, []) : undefined),
    },
  });
  expect(base?.commit).toBe(at.lost);
  expect(await git.isShallow()).toBe(false);
  expect(await copy.git('rev-list', '--count', 'HEAD')).toBe('4');
});

test('every commit is asked once, the nearest first', async () => {
  expect((await find('main', push('m3'), [])).asked).toEqual(['m4', 'm3', 'm2', 'm1']);
  expect((await find('main', other, [])).asked).toEqual(['m4', 'm3', 'm2', 'm1']);
});

test('the search ends after 50 commits', async () => {
  const long = await Repository.with({ file: '0' });
  for (let count = 0; count < 60; count += 1) await long.commit({});
  const git = long.reader();
  const head = await git.head();
  const asked: string[] = [];
  const of = (commit: string): Promise<undefined> => {
    asked.push(commit);
    return Promise.resolve(undefined);
  };
  await findBase({ git, log: silent(), event: other(), head, named: undefined, records: { of } });
  expect(asked).toHaveLength(50);
});

test.each(['nothing', '--output=x', 'd'.repeat(40), 'main:x'])('%s is no base', async (named) => {
  const problem = await problemIn(find('main', other, [], { named }));
  expect(problem).toMatchObject({ id: 'base-missing', value: named });
});
