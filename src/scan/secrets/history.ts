import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Git, gitEnvironment } from '../../detect/git.ts';
import { UserError } from '../../kit/errors.ts';
import type { Log } from '../../kit/log.ts';
import { type Finished, run } from '../../kit/process.ts';

/** For one command; a fetch of a large history takes its time. */
const TIMEOUT_MS = 300_000;

/** Commits that can be reached from `include`, without those that can be reached from `exclude`. Full hashes. */
export interface Selection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What of the checkout a repository beside it has to know to read its commits. */
export interface Store {
  readonly objects: string;
  /** The file that says where a shallow clone is cut off; it need not exist. */
  readonly shallow: string;
  /** `sha1` or `sha256`. */
  readonly format: string;
}

/** The history that was checked out, fetched as far as it is needed. */
export class History {
  readonly #git: Git;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv, log: Log) {
    this.#git = new Git({ folder, env, log });
    this.#folder = folder;
    this.#env = env;
  }

  /**
   * @param token for the server, where checkout has kept no credentials; git gets it through the environment alone
   * @throws UserError `git-missing` or `repository-missing`
   */
  static async open(
    folder: string,
    token: string | undefined,
    { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
  ): Promise<History> {
    const history = new History(folder, gitEnvironment(env, folder, token), log);
    await history.head();
    return history;
  }

  /** The commit that is checked out. */
  head(): Promise<string> {
    return this.#git.head();
  }

  async store(): Promise<Store> {
    const path = async (name: string): Promise<string> =>
      resolve(this.#folder, (await this.#must(['rev-parse', '--git-path', name])).trimEnd());
    return {
      objects: await path('objects'),
      shallow: await path('shallow'),
      format: (await this.#must(['rev-parse', '--show-object-format'])).trim(),
    };
  }

  /** The commit that a hash, branch or tag stands for, as far as the clone knows it. */
  async commit(name: string): Promise<string | undefined> {
    return (
      (await this.#git.commit(name)) ?? (await this.#git.commit(`refs/remotes/origin/${name}`))
    );
  }

  /** Where the remote, or else the clone, has a branch. */
  async branch(name: string): Promise<string | undefined> {
    return (
      (await this.#git.remoteBranch(name)) ??
      (await this.#git.commit(`refs/remotes/origin/${name}`))
    );
  }

  /** Whether a commit is here, if need be after fetching it with so many of its ancestors. */
  async present(commit: string, depth: number): Promise<boolean> {
    return (await this.#git.commit(commit)) !== undefined || this.#git.fetch(commit, depth);
  }

  /** The parents of a commit as it names them, whether they are here or not. */
  async parents(commit: string): Promise<string[]> {
    const object = await this.#must(['cat-file', 'commit', commit]);
    const head = object.slice(0, object.indexOf('\n\n'));
    return [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, hash]) => hash ?? '');
  }

  /** The commits of all branches, tags and whatever else the clone knows, and the one that is checked out. */
  async tips(): Promise<string[]> {
    const all = ['--exclude=refs/replace/*', '--all', 'HEAD'];
    return lines(await this.#must(['rev-list', '--no-walk=unsorted', ...all, '--']));
  }

  /**
   * The commits of the remote's tags, or of those that the clone has where the remote does not answer. They need not be here.
   */
  async tagged(): Promise<Set<string>> {
    const remote = await this.#run(['ls-remote', '--tags', '--', 'origin']);
    if (remote.code !== 0) {
      const format = '%(objectname) %(*objectname)';
      const local = await this.#must(['for-each-ref', `--format=${format}`, 'refs/tags']);
      return new Set(local.split(/\s+/).filter((hash) => hash !== ''));
    }
    // A tag with a message is listed twice: as itself, and with ^{} as its commit.
    return new Set(lines(remote.stdout).map((line) => line.split(/\s/)[0] ?? ''));
  }

  /** Commits of a selection, newest first. */
  async list({ include, exclude }: Selection, ...options: readonly string[]): Promise<string[]> {
    const input = [...include, ...exclude.map((hash) => `^${hash}`)].join('\n');
    return lines(await this.#must(['rev-list', ...options, '--stdin'], `${input}\n`));
  }

  /**
   * Fetches what a shallow clone lacks for a selection to be exact, in steps.
   * @param select made anew after each step, since it may depend on what is here
   * @param first how many commits the first step fetches; all that there are with `Infinity`
   * @throws UserError `history-shallow` when the server does not give them
   */
  async complete(select: () => Promise<Selection>, first = 100): Promise<Selection> {
    let selection = await select();
    for (const more of new Set([Math.max(first, 1), 1000, Infinity])) {
      if (!(await this.#isCut(selection))) return selection;
      const fetched = await this.#git.deepen(more, ...selection.include, ...selection.exclude);
      if (!fetched) break;
      selection = await select();
    }
    if (!(await this.#isCut(selection))) return selection;
    throw new UserError({
      id: 'history-shallow',
      message: 'The checkout is shallow, and the commits that are missing cannot be fetched.',
      value: this.#folder,
      fix: 'Let the input token read the contents of the repository ("contents: read"), or check out with "fetch-depth: 0".',
    });
  }

  /**
   * Whether a selection could be another one in a full clone. It is not, when its line and that of what is left out meet before either is
   * cut off, and likewise the lines of each merge in it; without the latter, what a merge itself brought could not be told, either.
   */
  async #isCut(selection: Selection): Promise<boolean> {
    const { shallow } = await this.store();
    if (!existsSync(shallow)) return false;
    const cuts = new Set(lines(readFileSync(shallow, 'utf8')));
    const touches = async (some: Selection): Promise<boolean> =>
      (await this.list(some)).some((hash) => cuts.has(hash));
    const apart = async ({ include, exclude }: Selection): Promise<boolean> =>
      (await touches({ include, exclude })) || touches({ include: exclude, exclude: include });
    if (await apart(selection)) return true;
    for (const merge of await this.list(selection, '--merges', '--parents')) {
      const [, ...parents] = merge.split(' ');
      for (const [index, parent] of parents.entries())
        for (const other of parents.slice(index + 1))
          if (await apart({ include: [parent], exclude: [other] })) return true;
    }
    return false;
  }

  /** The bytes of a file at a commit; undefined where there is none. */
  async file(commit: string, path: string): Promise<string | undefined> {
    const { code, stdout } = await this.#run(['cat-file', 'blob', `${commit}:${path}`]);
    return code === 0 ? stdout : undefined;
  }

  /** The hash of what is at each of these `<commit>:<path>`; undefined where there is nothing. */
  async objects(names: readonly string[]): Promise<(string | undefined)[]> {
    // A line break would make two names of one.
    const asked = names.map((name) => (/[\r\n]/.test(name) ? '-' : name));
    const answer = await this.#must(['cat-file', '--batch-check'], `${asked.join('\n')}\n`);
    return lines(answer).map((line) => /^([0-9a-f]{40,64}) blob \d+$/.exec(line)?.[1]);
  }

  async #must(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args, input);
    if (code === 0) return stdout;
    throw new UserError({
      id: 'git-failed',
      message: `git could not read the repository: ${stderr.trim().split('\n')[0] ?? ''}`,
      value: args[0],
      fix: 'Check the repository out anew, without "filter"; a partial or broken clone can be the cause.',
    });
  }

  #run(args: readonly string[], input = ''): Promise<Finished> {
    const options = { cwd: this.#folder, env: this.#env, timeoutMs: TIMEOUT_MS, input };
    return run('git', args, options);
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
