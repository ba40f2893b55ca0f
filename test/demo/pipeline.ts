import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Builder, startBuilder } from '../lab/builder.ts';
import { registry, sh } from '../lab/engine.ts';
import { GitHubServer } from '../lab/github/server.ts';
import type { Lab } from '../lab/lab.ts';
import { buildSecrets, type SaasChat } from '../lab/saas-chat.ts';
import { runStep, type StepResult } from '../runner/runner.ts';

const REPOSITORY = 'acme/saas-chat';
const TOKEN = 'token-of-the-job';

/** What one run of the pipeline made. */
export interface Made {
  readonly commit: string;
  /** Path of the record in the workspace. */
  readonly record: string;
  readonly built: readonly string[];
  readonly kept: readonly string[];
}

/** The jobs of workflows/pipeline.yml for one repository, step by step, with the shipped bundles. Only github.com is a local server. */
export class Pipeline {
  readonly #system: SaasChat;
  readonly #github: GitHubServer;
  readonly #builder: Builder;
  readonly #onLine: (line: string) => void;
  #commits = 0;
  #before = '0'.repeat(40);

  private constructor(
    system: SaasChat,
    github: GitHubServer,
    builder: Builder,
    onLine: (line: string) => void,
  ) {
    this.#system = system;
    this.#github = github;
    this.#builder = builder;
    this.#onLine = onLine;
  }

  static async open(lab: Lab, system: SaasChat, onLine: (line: string) => void): Promise<Pipeline> {
    const tokens = { [TOKEN]: { deployments: 'write', actions: 'read' } } as const;
    const github = await GitHubServer.start({ repository: REPOSITORY, tokens });
    const pipeline = new Pipeline(system, github, await startBuilder(lab), onLine);
    await pipeline.#git('init', '--quiet', '--initial-branch=main');
    // What the steps leave in the workspace, where a job would have uploaded it.
    const left = ['slipway/', 'records/', 'promoted.json', ''].join('\n');
    writeFileSync(join(system.workspace, '.git/info/exclude'), left);
    return pipeline;
  }

  /** @throws Error when the steps asked GitHub for something that it would not understand */
  close(): Promise<void> {
    return this.#github.close();
  }

  /** What every step of a job finds in its environment. */
  jobFor(ref: string): Record<string, string> {
    return {
      GITHUB_API_URL: this.#github.url,
      GITHUB_EVENT_NAME: 'push',
      GITHUB_EVENT_PATH: join(this.#system.workspace, '.git/event.json'),
      GITHUB_REF: ref,
      GITHUB_REF_NAME: ref.replace(/^refs\/(?:heads|tags)\//, ''),
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_RUN_ID: String(this.#commits),
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_TOKEN: TOKEN,
      ...this.#builder.env,
      NODE_EXTRA_CA_CERTS: registry.authority,
    };
  }

  /** A push to main: what changed is built, all of it is recorded. */
  async push(message: string, change: (workspace: string) => void): Promise<Made> {
    const { workspace } = this.#system;
    change(workspace);
    const commit = await this.#commit(message);
    const detected = await this.#step('actions/detect', 'refs/heads/main', {
      'changed-only': 'true',
    });
    const { include } = JSON.parse(detected.outputs.matrix ?? '') as {
      include: readonly { readonly service: string }[];
    };
    const built = include.map(({ service }) => service);
    rmSync(join(workspace, 'slipway'), { recursive: true, force: true });
    await Promise.all(
      built.map((service) =>
        this.#step('actions/build-image', 'refs/heads/main', {
          service,
          cache: 'none', // the builder of the lab keeps its own; a hosted runner starts with none
          'secret-files': Object.entries(buildSecrets)
            .map(([id, path]) => `${id}=${path}`)
            .join('\n'),
        }),
      ),
    );
    const unchanged = detected.outputs.unchanged ?? '{}';
    await this.#step('actions/release-record', 'refs/heads/main', { unchanged });
    const record = `records/${commit.slice(0, 7)}.json`;
    mkdirSync(join(workspace, 'records'), { recursive: true });
    cpSync(join(workspace, 'release.json'), join(workspace, record));
    return { commit, record, built, kept: Object.keys(JSON.parse(unchanged) as object) };
  }

  /** A tag on the commit that is checked out: lets through what staging has proven, or says why not. */
  promote(version: string): Promise<StepResult> {
    return this.#run('actions/release-record', `refs/tags/${version}`, {
      promote: 'staging',
      'promote-wait': '0s',
      version,
      release: 'promoted.json',
    });
  }

  async #step(
    action: string,
    ref: string,
    inputs: Readonly<Record<string, string>>,
  ): Promise<StepResult> {
    const result = await this.#run(action, ref, inputs);
    if (result.exitCode !== 0) throw new Error(`${action} failed:\n${result.log}`);
    return result;
  }

  async #run(
    action: string,
    ref: string,
    inputs: Readonly<Record<string, string>>,
  ): Promise<StepResult> {
    const name = inputs.service ?? action.replace('actions/', '');
    const result = await runStep({
      action,
      workspace: this.#system.workspace,
      inputs: {
        'registry-username': registry.username,
        'registry-password': registry.password,
        ...inputs,
      },
      env: this.jobFor(ref),
    });
    this.#onLine(`${name}: ${lastWords(result)}`);
    return result;
  }

  async #commit(message: string): Promise<string> {
    await this.#git('add', '--all');
    await this.#git('commit', '--quiet', '--message', message);
    const commit = await this.#git('rev-parse', 'HEAD');
    const event = { ref: 'refs/heads/main', before: this.#before, after: commit };
    const repository = { default_branch: 'main', full_name: REPOSITORY };
    writeFileSync(
      join(this.#system.workspace, '.git/event.json'),
      JSON.stringify({ ...event, repository }),
    );
    this.#before = commit;
    return commit;
  }

  #git(...args: string[]): Promise<string> {
    // Commits a minute apart: a release is as old as its commit, and these are made within seconds.
    this.#commits += 1;
    const date = new Date(Date.now() - 3_600_000 + this.#commits * 60_000).toISOString();
    const person = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.com'];
    return sh('git', ['-C', this.#system.workspace, ...person, ...args], {
      env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    });
  }
}

/** The last thing that a step said, without the mark-up of the log. */
function lastWords({ log, outputs }: StepResult): string {
  const lines = log.split('\n').filter((line) => line !== '' && !line.startsWith('::end'));
  return outputs.sentence ?? lines.at(-1)?.replace(/^::\w+::/, '') ?? '';
}

/** A file of the repository, changed. */
export function edit(workspace: string, path: string, change: (text: string) => string): void {
  const file = join(workspace, path);
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`nothing was changed in ${path}`);
  writeFileSync(file, changed);
}
