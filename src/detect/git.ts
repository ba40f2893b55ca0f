import { buffer } from 'node:stream/consumers';
import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { mask } from '../kit/mask.ts';
import { type Finished, run, start } from '../kit/process.ts';
import { lastLines } from '../kit/text.ts';
import { makeTree, type Tree } from './tree.ts';

/** For one command; a fetch of a large history takes its time. */
const TIMEOUT_MS = 300_000;

export interface GitOptions {
  /** The folder that was checked out, or one below it: all paths are relative to it. */
  readonly folder: string;
  readonly log: Log;
  /** What git's processes see, with {@link gitEnvironment} among it. */
  readonly env: NodeJS.ProcessEnv;
}

/** A commit, and when it was committed. */
export interface Revision {
  readonly commit: string;
  /** The committer's time, in seconds since the epoch, as SOURCE_DATE_EPOCH wants it. */
  readonly epoch: number;
}

/** The repository, through the `git` of the runner. Commits are full hashes. */
export class Git {
  readonly #options: GitOptions;

  constructor(options: GitOptions) {
    this.#options = options;
  }

  /** The hash of the commit that is checked out. @throws UserError `git-missing` or `repository-missing` */
  async head(): Promise<string> {
    return (await this.revision()).commit;
  }

  /**
   * The commit that is checked out: what is built is that, whatever the event says.
   * @throws UserError `git-missing` or `repository-missing`
   */
  async revision(): Promise<Revision> {
    const head = await this.#run(['show', '--no-patch', '--format=%H %ct', 'HEAD', '--']);
    const [, commit, epoch] = /^([0-9a-f]{40,64}) (\d+)\s*$/.exec(head.stdout) ?? [];
    if (head.code === 0 && commit !== undefined) return { commit, epoch: Number(epoch) };
    throw new UserError({
      id: 'repository-missing',
      message: `The workspace is no git repository with a commit: ${said(head)}`,
      value: this.#options.folder,
      fix: 'Check the repository out before this step: uses: actions/checkout.',
    });
  }

  /** The commit that a name or a hash stands for, if it is here. */
  async commit(name: string): Promise<string | undefined> {
    return this.#answer([
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    ]);
  }

  /** The hash of a branch as the remote has it now. */
  async remoteBranch(branch: string): Promise<string | undefined> {
    const answer = await this.#answer(['ls-remote', '--', 'origin', `refs/heads/${branch}`]);
    return answer?.split(/\s/)[0] ?? undefined;
  }

  async isShallow(): Promise<boolean> {
    return (await this.#answer(['rev-parse', '--is-shallow-repository'])) === 'true';
  }

  /**
   * Makes a commit be here, with `depth - 1` of its ancestors if the clone is shallow; without that it comes with its whole history,
   * since git would cut a full clone short.
   * @returns whether it is here now
   */
  async fetch(commit: string, depth: number): Promise<boolean> {
    const { log } = this.#options;
    const shallow = await this.isShallow();
    log.info(
      `Fetching ${commit.slice(0, 7)}${shallow ? `, ${depth} deep, since the checkout is shallow` : ''}`,
    );
    const cut = shallow ? [`--depth=${depth}`] : [];
    return this.#fetch([...cut, 'origin', commit]);
  }

  /** Fetches `count` further commits of the history of these two; all that is left with `Infinity`. */
  async deepen(count: number, ...commits: readonly string[]): Promise<boolean> {
    const { log } = this.#options;
    log.info(
      count === Infinity
        ? 'Fetching the whole history, since the checkout is shallow'
        : `Fetching ${count} more commits, since the checkout is shallow`,
    );
    const depth = count === Infinity ? '--unshallow' : `--deepen=${count}`;
    return this.#fetch([depth, 'origin', ...commits]);
  }

  async mergeBase(one: string, other: string): Promise<string | undefined> {
    const answer = await this.#answer(['merge-base', one, other]);
    return answer?.split('\n')[0];
  }

  /** A commit and its first parents, as far as they are here; the commit itself comes first. */
  async firstParents(from: string, count: number): Promise<string[]> {
    const args = ['rev-list', '--first-parent', `--max-count=${count}`, '--end-of-options', from];
    return ((await this.#answer(args)) ?? '').split('\n').filter((line) => line !== '');
  }

  /** The files that differ between two commits, whichever way. */
  async changedFiles(base: string, head: string): Promise<string[]> {
    const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--relative', base, head];
    return split(await this.#must([...args, '--']));
  }

  /** What the repository holds at a commit. */
  async tree(commit: string): Promise<Tree> {
    const listing = split(await this.#must(['ls-tree', '-r', '-z', '-l', commit]));
    return makeTree(listing, (objects) => this.#blobs(objects));
  }

  /** The contents of objects, all by one process. */
  async #blobs(objects: readonly string[]): Promise<Buffer> {
    if (objects.length === 0) return Buffer.alloc(0);
    const { folder, env } = this.#options;
    const child = start('git', ['cat-file', '--batch'], { cwd: folder, env });
    child.stderr.resume();
    child.stdin.end(objects.map((object) => `${object}\n`).join(''));
    const [bytes] = await Promise.all([buffer(child.stdout), child.exit]);
    return bytes;
  }

  async #fetch(args: readonly string[]): Promise<boolean> {
    const result = await this.#run([
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-recurse-submodules',
      ...args,
    ]);
    for (const line of result.code === 0 ? [] : lastLines(result.stderr, 3))
      this.#options.log.foreign('git', line);
    return result.code === 0;
  }

  async #answer(args: readonly string[]): Promise<string | undefined> {
    const { code, stdout } = await this.#run(args);
    return code === 0 ? stdout.trim() || undefined : undefined;
  }

  async #must(args: readonly string[]): Promise<string> {
    const result = await this.#run(args);
    if (result.code === 0) return result.stdout;
    throw new UserError({
      id: 'git-failed',
      message: `git could not read the repository: ${said(result)}`,
      value: args[0],
      fix: 'Check the repository out anew; a partial or broken clone can be the cause.',
    });
  }

  async #run(args: readonly string[]): Promise<Finished> {
    const { folder, env } = this.#options;
    try {
      return await run('git', args, { cwd: folder, env, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      throw new UserError(
        {
          id: 'git-missing',
          message: 'The runner has no git.',
          value: 'git',
          fix: 'Install git in the image that the job runs in, before actions/checkout.',
        },
        { cause: error },
      );
    }
  }
}

/**
 * The environment for git's processes: the folder counts as safe whoever owns it, as it does for actions/checkout; nothing is asked;
 * and the token goes to GitHub's own server alone, in place of what checkout may have left (two headers are refused).
 */
export function gitEnvironment(
  env: NodeJS.ProcessEnv,
  folder: string,
  token: string | undefined,
): NodeJS.ProcessEnv {
  const header = `http.${env.GITHUB_SERVER_URL ?? 'https://github.com'}/.extraheader`;
  const basic = Buffer.from(`x-access-token:${token ?? ''}`).toString('base64');
  if (token !== undefined) mask(basic);
  const settings: (readonly [string, string])[] = [
    ['safe.directory', folder],
    ...(token === undefined
      ? []
      : ([
          [header, ''],
          [header, `AUTHORIZATION: basic ${basic}`],
        ] as const)),
  ];
  const given = Number(env.GIT_CONFIG_COUNT ?? 0);
  return {
    ...env,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(given + settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${given + index}`, key],
        [`GIT_CONFIG_VALUE_${given + index}`, value],
      ]),
    ),
  };
}

function split(text: string): string[] {
  return text.split('\0').filter((part) => part !== '');
}

/** git's own reason; advice follows it. */
function said({ stderr, code, signal }: Finished): string {
  const fatal = /^(?:fatal|error): (.*)$/m.exec(stderr)?.[1];
  return fatal ?? lastLines(stderr, 1)[0] ?? `it ended with ${code ?? signal ?? '?'}`;
}
