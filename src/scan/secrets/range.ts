import { UserError } from '../../kit/errors.ts';
import type { ScanEvent } from './event.ts';
import type { History, Selection } from './history.ts';

/** What the input `range` asks for. */
export type Wish =
  | { readonly kind: 'auto' }
  | { readonly kind: 'full' }
  | { readonly kind: 'between'; readonly from: string; readonly to: string };

/** The commits that are to be scanned, and why these. */
export interface Range extends Selection {
  /** In words, for example `the pull request, 1a2b3c4..5d6e7f8`. */
  readonly what: string;
  /** Whether nothing of the history is left out. */
  readonly full: boolean;
}

/** Nothing is to be scanned, and this is why. */
export interface Nothing {
  readonly nothing: string;
}

const WHOLE = 'the whole history of all that is checked out';

/** @throws UserError `bad-range` */
export function parseWish(text: string): Wish {
  if (text === 'auto' || text === 'full') return { kind: text };
  const [, from, to] =
    /^(?!-)([^\s.]+(?:\.[^\s.]+)*)\.\.(?!-)([^\s.]+(?:\.[^\s.]+)*)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { kind: 'between', from, to };
  throw new UserError({
    id: 'bad-range',
    message: 'The input range is none.',
    value: text,
    fix: 'Write auto, full, or two commits, branches or tags as A..B.',
  });
}

/**
 * Which commits an event brought. Commits that are missing are fetched.
 * @throws UserError `range-unknown`, `history-shallow`, `git-failed`
 */
export function resolveRange(
  wish: Wish,
  event: ScanEvent,
  history: History,
): Promise<Range | Nothing> {
  if (wish.kind === 'between') return between(wish.from, wish.to, history);
  if (wish.kind === 'full') return everything(history, WHOLE);
  switch (event.kind) {
    case 'change':
      return changeRange(event, history);
    case 'branch':
      return branchRange(event, history);
    case 'tag':
      return tagRange(event.after, history);
    case 'other':
      return everything(history, WHOLE);
  }
}

/** The commits of a pull request are not in the checkout, which is at a trial merge with the base branch. */
async function changeRange(
  { what, base, head, count }: ScanEvent & { readonly kind: 'change' },
  history: History,
): Promise<Range> {
  await need(head, (count ?? 0) + 1, history);
  await need(base, 1, history);
  const exclude = [base, ...(await baseOfMerge(head, base, history))];
  const selection = { include: [head], exclude };
  await history.complete(() => Promise.resolve(selection), count);
  return { ...selection, what: `the ${what}, ${short(base)}..${short(head)}`, full: false };
}

/**
 * The base branch as the trial merge has it. It can be newer than the event says, and what a pull request has merged from it in the
 * meantime is not the pull request's.
 */
async function baseOfMerge(head: string, base: string, history: History): Promise<string[]> {
  const [first, second, more] = await history.parents(await history.head());
  const isTrial = first !== undefined && second === head && more === undefined;
  return isTrial && first !== base && (await history.present(first, 1)) ? [first] : [];
}

async function branchRange(
  { before, after, forced, count, defaultBranch }: ScanEvent & { readonly kind: 'branch' },
  history: History,
): Promise<Range | Nothing> {
  if (after === undefined)
    return { nothing: 'The branch was deleted, so there is nothing to scan.' };
  await need(after, (count ?? 0) + 1, history);
  if (before !== undefined && (await history.present(before, 1))) {
    const why = forced ? ', a forced push: what was there before is left out' : '';
    return ranged(
      before,
      after,
      `the push, ${short(before)}..${short(after)}${why}`,
      history,
      count,
    );
  }
  const why =
    before === undefined
      ? 'a new branch'
      : `a forced push, and ${short(before)}, which was there before, is gone`;
  const main = defaultBranch === undefined ? undefined : await history.branch(defaultBranch);
  if (main !== undefined && (await history.present(main, 1))) {
    const what = `${why}: what ${short(after)} has and the default branch has not`;
    return ranged(main, after, what, history, count);
  }
  return wholeOf([after], `${why}: the whole history of ${short(after)}`, history);
}

/** What was released since the last tag; another tag of the same commit, or a later one, says nothing of that. */
async function tagRange(after: string | undefined, history: History): Promise<Range | Nothing> {
  if (after === undefined) return { nothing: 'The tag was deleted, so there is nothing to scan.' };
  await need(after, 1, history);
  const commit = (await history.commit(after)) ?? after;
  const tagged = await history.tagged();
  const selection = await history.complete(async () => {
    const earlier = (await history.list({ include: [commit], exclude: [] })).slice(1);
    return { include: [commit], exclude: earlier.filter((hash) => tagged.has(hash)) };
  });
  const [last] = selection.exclude;
  const what =
    last === undefined
      ? `the first tag: the whole history of ${short(commit)}`
      : `the tag, ${short(last)}..${short(commit)}`;
  return { ...selection, what, full: last === undefined };
}

async function between(from: string, to: string, history: History): Promise<Range> {
  const [exclude, include] = [await named(from, history), await named(to, history)];
  return ranged(
    exclude,
    include,
    `${short(exclude)}..${short(include)}, as the input says`,
    history,
  );
}

async function ranged(
  from: string,
  to: string,
  what: string,
  history: History,
  likely?: number,
): Promise<Range> {
  const selection = { include: [to], exclude: [from] };
  await history.complete(() => Promise.resolve(selection), likely);
  return { ...selection, what, full: false };
}

async function everything(history: History, what: string): Promise<Range> {
  return wholeOf(await history.tips(), what, history);
}

async function wholeOf(include: readonly string[], what: string, history: History): Promise<Range> {
  const selection = { include, exclude: [] };
  await history.complete(() => Promise.resolve(selection), Infinity);
  return { ...selection, what, full: true };
}

/** @throws UserError `range-unknown` */
async function need(commit: string, depth: number, history: History): Promise<void> {
  if (!(await history.present(commit, depth))) throw unknown(commit);
}

/** @throws UserError `range-unknown` */
async function named(name: string, history: History): Promise<string> {
  const known = await history.commit(name);
  if (known !== undefined) return known;
  const hash = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(name) ? name : await history.branch(name);
  if (hash !== undefined && (await history.present(hash, 1))) return hash;
  throw unknown(name);
}

function unknown(name: string): UserError {
  return new UserError({
    id: 'range-unknown',
    message: 'A commit of the range that is to be scanned does not exist, or cannot be fetched.',
    value: name,
    fix: 'Check the name; a commit must be given as its full hash. If it exists, let the input token read the repository ("contents: read"), or check out with "fetch-depth: 0".',
  });
}

function short(commit: string): string {
  return commit.slice(0, 7);
}
