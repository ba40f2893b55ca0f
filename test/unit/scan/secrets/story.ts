import { eventOf, type ScanEvent } from '../../../../src/scan/secrets/event.ts';
import { Repository } from '../../detect/repository.ts';

export const ZERO = '0'.repeat(40);
export const GONE = 'dead'.repeat(10);

/**
 * Commits by name:
 *
 *   r - m1 - m2 - m3 ---- m4 - m5      main; v1 at m2, v2 at m4
 *         \           \
 *          t1 - t2 --- up - t3         topic, which merged main at m3 ("up")
 *         |\
 *         | s1 - s2                    side; was o1 - o2, which nothing holds any more
 *          o1 - o2
 *   a1 - a2                            alone: another root
 */
export class Story {
  readonly names = new Map<string, string>();
  readonly origin: Repository;

  private constructor(origin: Repository) {
    this.origin = origin;
  }

  static async told(): Promise<Story> {
    const story = new Story(await Repository.with({ readme: 'r' }));
    const { origin } = story;
    const git = (...args: string[]): Promise<string> => origin.git(...args);
    await story.name('r');
    await story.commit('m1');
    await git('branch', 'topic');
    await git('branch', 'side');
    await git('branch', 'old');
    await story.commit('m2', 'm3');
    await git('tag', 'v1', story.hash('m2'));
    await git('checkout', '--quiet', 'topic');
    await story.commit('t1', 't2');
    await git('merge', '--quiet', '--no-edit', 'main');
    await story.name('up');
    await story.commit('t3');
    await git('checkout', '--quiet', 'old');
    await story.commit('o1', 'o2');
    await git('checkout', '--quiet', 'side');
    await story.commit('s1', 's2');
    await git('checkout', '--quiet', 'main');
    await story.commit('m4', 'm5');
    await git('tag', '--annotate', '--message', 'two', 'v2', story.hash('m4'));
    await story.name('v2', 'v2');
    await git('tag', 'same', story.hash('m4'));
    await git('checkout', '--quiet', '--orphan', 'alone');
    await story.commit('a1', 'a2');
    // GitHub's trial merges: of topic into main as it is now, and as it was.
    for (const [number, base] of [
      ['7', 'm5'],
      ['8', 'm3'],
    ] as const) {
      await git('checkout', '--quiet', '--detach', story.hash(base));
      await git('merge', '--quiet', '--no-ff', '--no-edit', 'topic');
      await git('update-ref', `refs/pull/${number}/merge`, 'HEAD');
    }
    await git('checkout', '--quiet', 'main');
    return story;
  }

  async commit(...names: string[]): Promise<void> {
    for (const name of names) this.names.set(name, await this.origin.commit({ [name]: name }));
  }

  async name(name: string, ref = 'HEAD'): Promise<void> {
    this.names.set(name, await this.origin.git('rev-parse', ref));
  }

  hash(name: string): string {
    return this.names.get(name) ?? name;
  }

  named(hash: string): string {
    return [...this.names].find(([, other]) => other === hash)?.[0] ?? hash;
  }
}

/** What an event says, with names of the story in place of hashes. */
export type Told =
  | { readonly pull: readonly [base: string, head: string]; readonly commits?: number }
  | { readonly group: readonly [base: string, head: string] }
  | {
      readonly push: readonly [before: string, after: string];
      readonly ref?: string;
      readonly forced?: boolean;
      readonly count?: number;
      readonly main?: string;
    }
  | { readonly event: string };

/** The event as GitHub would tell it. */
export function eventFrom(told: Told, story: Story): ScanEvent {
  const hash = (name: string): string => story.hash(name);
  if ('pull' in told) {
    const [base, head] = told.pull.map(hash);
    const { commits } = told;
    return eventOf('pull_request', {
      pull_request: { base: { sha: base }, head: { sha: head }, commits },
    });
  }
  if ('group' in told) {
    const [base, head] = told.group.map(hash);
    return eventOf('merge_group', { merge_group: { base_sha: base, head_sha: head } });
  }
  if ('push' in told) {
    const { ref = 'refs/heads/main', forced = false, count, main = 'main' } = told;
    const [before, after] = told.push.map(hash);
    const commits = count === undefined ? undefined : Array.from({ length: count }, () => ({}));
    const repository = { default_branch: main };
    return eventOf('push', { ref, before, after, forced, commits, repository });
  }
  return eventOf(told.event, {});
}
