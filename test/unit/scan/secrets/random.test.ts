import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { run } from '../../../../src/kit/process.ts';
import { History } from '../../../../src/scan/secrets/history.ts';
import { Repository, silent } from '../../detect/repository.ts';

const COMMITS = 16;

/** For each commit the distances, backwards, to its parents; two for a merge. What is before the first commit makes another root. */
const shape = fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 2 }), {
  minLength: COMMITS,
  maxLength: COMMITS,
});

/** A repository of this shape, one branch a commit. */
async function repositoryOf(parents: readonly (readonly number[])[]): Promise<Repository> {
  const repository = new Repository();
  await repository.git('init', '--quiet', '--initial-branch=none');
  const stream = parents.map((distances, index) => {
    const from = [...new Set(distances.map((distance) => index - distance))].filter(
      (at) => at >= 0,
    );
    return [
      `commit refs/heads/c${index}`,
      `mark :${index + 1}`,
      `committer ada <ada@example.com> ${1_700_000_000 + index} +0000`,
      'data 0',
      ...(from.length === 0 && index > 0 ? [`from ${'0'.repeat(40)}`] : []),
      ...from.map((at, order) => `${order === 0 ? 'from' : 'merge'} :${at + 1}`),
      `M 644 inline f${index}`,
      'data 1',
      `${index % 10}`,
      '',
    ].join('\n');
  });
  const options = { cwd: repository.folder, input: stream.join('') };
  const { code, stderr } = await run('git', ['fast-import', '--quiet'], options);
  if (code !== 0) throw new Error(stderr);
  return repository;
}

const place = fc.integer({ min: 0, max: COMMITS - 1 });

test('what a shallow checkout selects, after fetching what it lacks, is what a full one does', async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      place,
      place,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      async (parents, from, to, depth, first) => {
        const origin = await repositoryOf(parents);
        const names = await Promise.all([from, to].map((at) => origin.git('rev-parse', `c${at}`)));
        const [exclude = '', include = ''] = names;
        const selection = { include: [include], exclude: [exclude] };
        const copy = await origin.clone(depth, `refs/heads/c${to}`);
        const history = await History.open(copy.folder, undefined, {
          env: process.env,
          log: silent(),
        });
        expect(await history.present(exclude, 1)).toBe(true);
        await history.complete(() => Promise.resolve(selection), first);
        const full = await origin.git('rev-list', include, `^${exclude}`);
        expect((await history.list(selection)).sort()).toEqual(
          full.split('\n').filter(Boolean).sort(),
        );
        const merges = await origin.git('rev-list', '--merges', include, `^${exclude}`);
        for (const merge of merges.split('\n').filter(Boolean)) {
          const parts = [`${merge}^1`, `${merge}^2`];
          const bases = (repository: Repository): Promise<string> =>
            repository.git('merge-base', '--all', ...parts).catch(() => 'none');
          expect(await bases(copy)).toBe(await bases(origin));
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('a merge whose parents meet beyond the cut', async () => {
  const main = Array.from({ length: 12 }, () => [1]);
  // c12 parts from c1, and c13 merges c11 into it; both roots are nearer to it than where c11 comes from.
  const origin = await repositoryOf([...main, [11], [1, 2]]);
  const [base, head] = await Promise.all(['c11', 'c13'].map((ref) => origin.git('rev-parse', ref)));
  const copy = await origin.clone(4, 'refs/heads/c13');
  const history = await History.open(copy.folder, undefined, { env: process.env, log: silent() });
  const selection = { include: [head ?? ''], exclude: [base ?? ''] };
  expect(await history.list(selection)).toHaveLength(4);
  await history.complete(() => Promise.resolve(selection));
  expect(await history.list(selection)).toHaveLength(2);
});
