import { writeFileSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { UserError } from '../../kit/errors.ts';
import { run, start } from '../../kit/process.ts';
import { lastLines } from '../../kit/text.ts';
import type { Selection, Store } from './history.ts';
import { type Tally, tallyOf } from './tally.ts';

/** How commits are shown to gitleaks, as options of `git log`. */
export interface Pass {
  readonly options: readonly string[];
  /** How many commits it shows. */
  readonly commits: number;
}

/** What is to be scanned: heads are included, remotes left out, and there is nothing else in the repository. */
const SELECTED = ['--branches', '--not', '--remotes'];

/**
 * Without these `git log -p` shows nothing of a merge, where a conflict may have been solved with a secret. `remerge` shows what the
 * merge itself brought, and not what it merged; of a merge of more than two it can say nothing, so there it is all that is new
 * to the first one (https://git-scm.com/docs/git-log#_diff_formatting).
 */
const KINDS = [
  ['--max-parents=2', '--diff-merges=remerge'],
  ['--min-parents=3', '--diff-merges=first-parent'],
] as const;

/**
 * A bare repository of our own, which borrows the objects of the checkout and knows only the commits that are to be scanned. gitleaks reads
 * this one, because a checkout says too much: .gitattributes of a pull request (`* -diff`) make git call its files binary, which
 * gitleaks skips; .gitleaks.toml and .gitleaksignore in it count as rules; its configuration can name other programs for diffs; and git
 * refuses one that belongs to somebody else, which gitleaks takes for a clean one.
 */
export class Quarry {
  readonly folder: string;
  /** All that git and gitleaks see: no configuration of anybody, and nothing that a step before has set. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.env = {
      PATH: env.PATH,
      // By this a runner finds what a cancelled job has left behind.
      RUNNER_TRACKING_ID: env.RUNNER_TRACKING_ID,
      HOME: folder,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
    };
  }

  /**
   * @param scratch a private folder
   * @throws UserError `git-failed` when a commit of the selection is not there
   */
  static async open(
    selection: Selection,
    store: Store,
    { scratch, env }: { readonly scratch: string; readonly env: NodeJS.ProcessEnv },
  ): Promise<Quarry> {
    const folder = join(scratch, 'commits.git');
    const quarry = new Quarry(folder, env);
    const format = `--object-format=${store.format}`;
    await quarry.#must(['init', '--quiet', '--bare', '--template=', format, folder], scratch);
    writeFileSync(join(folder, 'objects/info/alternates'), `${store.objects}\n`);
    if (existsSync(store.shallow)) copyFileSync(store.shallow, join(folder, 'shallow'));
    const refs = (hashes: readonly string[], below: string): string[] =>
      hashes.map((hash, index) => `create ${below}/${index} ${hash}\n`);
    const { include, exclude } = selection;
    const wanted = [...refs(include, 'refs/heads'), ...refs(exclude, 'refs/remotes/known')];
    await quarry.#must(['update-ref', '--stdin'], folder, wanted.join(''));
    return quarry;
  }

  /** The passes in which its commits are shown: one, or two where there is a merge of more than two; none without commits. */
  async passes(): Promise<Pass[]> {
    const passes: Pass[] = [];
    for (const options of KINDS) {
      const count = await this.#must(['rev-list', '--count', options[0], ...SELECTED], this.folder);
      if (Number(count) > 0)
        passes.push({ options: [...options, ...SELECTED], commits: Number(count) });
    }
    return passes;
  }

  /**
   * What gitleaks must say that it has scanned in a pass.
   * @throws UserError `git-failed`, also when the signal ends it
   */
  async tally(pass: Pass, signal: AbortSignal): Promise<Tally> {
    const args = ['log', '-p', '-U0', ...shown(pass)];
    const child = start('git', args, { cwd: this.folder, env: this.env });
    const stop = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', stop);
    try {
      const stderr = text(child.stderr);
      const [tally, { code }] = await Promise.all([tallyOf(child.stdout), child.exit]);
      if (code !== 0) throw unreadable(await stderr);
      return tally;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #must(args: readonly string[], cwd: string, input = ''): Promise<string> {
    const { code, stdout, stderr } = await run('git', args, { cwd, env: this.env, input });
    if (code !== 0) throw unreadable(stderr);
    return stdout;
  }
}

/**
 * The options of `git log` for a pass. Of a commit only the hash is shown: gitleaks has no use for author, date and message, and what it does
 * not know it cannot tell.
 */
export function shown({ options }: Pass): string[] {
  return ['--format=commit%x20%H', '--diff-filter=d', ...options];
}

/** What git says when it cannot read what is to be scanned. */
export function unreadable(stderr: string): UserError {
  const old = /diff-merges|remerge/.test(stderr);
  return new UserError({
    id: 'git-failed',
    message: `git could not read the commits: ${lastLines(stderr, 1)[0] ?? 'it gave no reason'}`,
    fix: old
      ? 'Install git 2.35 or newer on the runner: older ones cannot show what a merge itself brought.'
      : 'Check the repository out anew, without "filter"; a partial or broken clone can be the cause.',
  });
}
