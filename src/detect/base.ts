import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import type { ReleaseRecord } from '../release/record.ts';
import type { Event } from './event.ts';
import type { Git } from './git.ts';
import type { Records } from './records.ts';

/** How many commits are asked for a record. */
const FURTHEST = 50;
/** So many are asked at once: a registry answers in a tenth of a second, and refuses a hundred at a time. */
const AT_ONCE = 10;

/** What this run is compared with: a commit whose images are known. */
export interface Base {
  readonly commit: string;
  readonly record: ReleaseRecord;
}

export interface Search {
  readonly git: Git;
  readonly log: Log;
  readonly records: Pick<Records, 'of'>;
  readonly event: Event;
  readonly head: string;
  /** A commit, branch or tag that the user names as the base. */
  readonly named: string | undefined;
}

/**
 * Finds the base. Two commits are compared by what they hold, so any commit with a record will do, whether HEAD descends from it or
 * not, and the nearest is the best one: HEAD itself (a second run, a tag), the commit that the event starts from, then its first
 * parents. So a build that failed in between loses nothing.
 * @throws UserError `base-missing` for a named commit that does not exist
 */
export async function findBase(search: Search): Promise<Base | undefined> {
  const { git, event, head, named } = search;
  if (named !== undefined) {
    const start = await needCommit(named, git);
    return (await recorded(start, search)) ?? recordedBefore(start, search);
  }
  const own = await recorded(head, search);
  if (own !== undefined) return own;
  const start = await startOf(event, head, git);
  // Most often it has a record, and then a shallow checkout may stay as it is.
  const nearest = start === head ? undefined : await recorded(start, search);
  return nearest ?? recordedBefore(start, search);
}

async function recorded(commit: string, { records }: Search): Promise<Base | undefined> {
  const record = await records.of(commit);
  return record && { commit, record };
}

/** The nearest first parent with a record. */
async function recordedBefore(start: string, search: Search): Promise<Base | undefined> {
  const { git, log } = search;
  log.info(`${start.slice(0, 7)} has no record; looking for the last commit before it that has`);
  const commits = (await firstParents(start, FURTHEST, git)).slice(1);
  for (let at = 0; at < commits.length; at += AT_ONCE) {
    const some = commits.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((commit) => recorded(commit, search)));
    const nearest = found.find((base) => base !== undefined);
    if (nearest !== undefined) return nearest;
  }
  return undefined;
}

/** The commit that an event starts from; HEAD where the event does not say, or what it says is gone. */
async function startOf(event: Event, head: string, git: Git): Promise<string> {
  switch (event.kind) {
    case 'other':
      return head;
    case 'merge':
      return (await present(event.onto, git)) ? mergeBase(head, event.onto, git) : head;
    case 'push': {
      if (event.before !== undefined && (await present(event.before, git))) return event.before;
      const main =
        event.defaultBranch === undefined ? undefined : await git.remoteBranch(event.defaultBranch);
      return main !== undefined && (await present(main, git)) ? mergeBase(head, main, git) : head;
    }
  }
}

/** @throws UserError `base-missing` */
async function needCommit(name: string, git: Git): Promise<string> {
  const full = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(name);
  const here = (await git.commit(name)) ?? (await git.commit(`refs/remotes/origin/${name}`));
  if (here !== undefined) return here;
  if (full && (await git.fetch(name, 1))) return name;
  throw new UserError({
    id: 'base-missing',
    message: 'There is no such commit to compare with.',
    value: name,
    fix: 'Give the full hash of a commit of this repository, or a branch or tag with "fetch-depth: 0" at actions/checkout.',
  });
}

/** Whether a commit is here, if need be after fetching it: a force-push leaves the old one on the server for a while. */
async function present(commit: string, git: Git): Promise<boolean> {
  return (await git.commit(commit)) !== undefined || git.fetch(commit, 1);
}

/** Where two histories part; the other commit itself when they never met, or too long ago. */
async function mergeBase(head: string, other: string, git: Git): Promise<string> {
  for (const more of [100, 1000, Infinity]) {
    const base = await git.mergeBase(head, other);
    if (base !== undefined) return base;
    if (!(await git.isShallow()) || !(await git.deepen(more, head, other))) break;
  }
  return (await git.mergeBase(head, other)) ?? other;
}

/** A commit and its first parents, fetched where the checkout is too shallow for them. */
async function firstParents(from: string, count: number, git: Git): Promise<string[]> {
  const here = await git.firstParents(from, count);
  const more = here.length < count && (await git.isShallow()) && (await git.fetch(from, count));
  return more ? git.firstParents(from, count) : here;
}
