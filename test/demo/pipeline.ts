import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Builder, startBuilder } from '../lab/builder.ts';
import { engineEnv, registry, sh } from '../lab/engine.ts';
import { GitHubServer } from '../lab/github/server.ts';
import type { Lab } from '../lab/lab.ts';
import { buildSecrets, type SaasChat } from '../lab/saas-chat.ts';
import { toolPath } from '../lab/tool.ts';
import { vulnerabilityDatabase } from '../lab/trivy-database.ts';
import { runStep, type StepResult } from '../runner/runner.ts';

const REPOSITORY = 'acme/saas-chat';
const TOKEN = 'token-of-the-job';

const login = {
  'registry-username': registry.username,
  'registry-password': registry.password,
};

/** What a hosted runner would fetch: the scanners, and a database. */
interface Scanners {
  readonly folders: readonly string[];
  readonly database: string;
  readonly cacheDir: string;
}

async function openScanners(lab: Lab): Promise<Scanners> {
  const [trivy, gitleaks, database] = await Promise.all([
    toolPath('trivy'),
    toolPath('gitleaks'),
    vulnerabilityDatabase(lab),
  ]);
  const cacheDir = join(lab.folder, 'trivy-cache');
  return { folders: [dirname(trivy), dirname(gitleaks)], database, cacheDir };
}

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
  readonly #scanners: Scanners;
  readonly #onLine: (line: string) => void;
  #commits = 0;
  #before = '0'.repeat(40);

  private constructor(
    system: SaasChat,
    github: GitHubServer,
    builder: Builder,
    scanners: Scanners,
    onLine: (line: string) => void,
  ) {
    this.#system = system;
    this.#github = github;
    this.#builder = builder;
    this.#scanners = scanners;
    this.#onLine = onLine;
  }

  static async open(lab: Lab, system: SaasChat, onLine: (line: string) => void): Promise<Pipeline> {
    const tokens = {
      [TOKEN]: { deployments: 'write', actions: 'read', 'security-events': 'write' },
    } as const;
    const github = await GitHubServer.start({ repository: REPOSITORY, tokens });
    const [builder, scanners] = await Promise.all([startBuilder(lab), openScanners(lab)]);
    const pipeline = new Pipeline(system, github, builder, scanners, onLine);
    await pipeline.#git('init', '--quiet', '--initial-branch=main');
    // What the steps leave in the workspace, where a job would have uploaded it.
    const left = ['slipway/', 'slipway-scan/', 'records/', 'promoted.json', ''].join('\n');
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
      GITHUB_SHA: this.#before,
      GITHUB_TOKEN: TOKEN,
      ...this.#builder.env,
      PATH: [...this.#scanners.folders, engineEnv.PATH ?? ''].join(delimiter),
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
    const build = (service: string) =>
      this.#step('actions/build-image', 'refs/heads/main', {
        service,
        cache: 'none', // the builder of the lab keeps its own; a hosted runner starts with none
        'secret-files': Object.entries(buildSecrets)
          .map(([id, path]) => `${id}=${path}`)
          .join('\n'),
      });
    await Promise.all([
      this.#step('actions/secret-scan', 'refs/heads/main', {}),
      ...built.map(build),
    ]);
    const unchanged = detected.outputs.unchanged ?? '{}';
    const { scan = '' } = (
      await this.#step('actions/trivy-scan', 'refs/heads/main', {
        legs: 'slipway/',
        unchanged,
        'database-repositories': this.#scanners.database,
        'cache-dir': this.#scanners.cacheDir,
      })
    ).outputs;
    await this.#step('actions/release-record', 'refs/heads/main', { unchanged, scan });
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

  /** A checkout of this commit by itself, with the record that was promoted, as the job of a release has it. */
  async checkOut(): Promise<string> {
    const { workspace } = this.#system;
    const folder = mkdtempSync(`${workspace}-`);
    await this.#git('clone', '--quiet', '--shared', workspace, folder);
    cpSync(join(workspace, 'promoted.json'), join(folder, 'promoted.json'));
    return folder;
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
      inputs: action === 'actions/secret-scan' ? inputs : { ...login, ...inputs },
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
