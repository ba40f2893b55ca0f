import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import type { Builder } from '../../lab/builder.ts';
import { engineEnv, registry } from '../../lab/engine.ts';
import { toolPath } from '../../lab/tool.ts';
import { checkout, jobsOf, shipped, slipway, standIns } from './shipped.ts';

export interface ActOptions {
  /** A private folder for all that act keeps. */
  readonly home: string;
  /** The user's repository. */
  readonly repository: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** Where GITHUB_API_URL points to. */
  readonly api: string;
  /** What docker/setup-buildx-action would have set up. */
  readonly builder: Builder;
}

export interface ActRun {
  readonly event: 'push' | 'workflow_dispatch';
  readonly workflow: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ActResult {
  readonly exitCode: number | null;
  readonly log: string;
  /** How each job that ran ended, by its name; a job that was skipped is not among them. */
  readonly jobs: Readonly<Record<string, string>>;
  /** The file of an artifact, as the run has left it. */
  artifact(path: string): string;
}

interface LogLine {
  readonly job?: string;
  readonly msg?: string;
  readonly jobResult?: string;
}

/**
 * Runs shipped workflows as they are with act, on this machine itself: without an engine, an image or a network. What they use of
 * others is a stand-in, what they use of ours is the shipped bundles.
 */
export async function prepareAct(
  options: ActOptions,
): Promise<(what: ActRun) => Promise<ActResult>> {
  const { home, repository, secrets, variables, api, builder } = options;
  const [act, ...scanners] = await Promise.all(['act', 'trivy', 'gitleaks'].map(toolPath));
  if (act === undefined) throw new Error('there is no act');
  const mapped = mapUses(leanCopy(home));
  const secretFile = join(home, 'secrets.yml');
  writeFileSync(secretFile, JSON.stringify(secrets)); // JSON is YAML
  chmodSync(secretFile, 0o600);
  const environment = actEnvironment(home, [lingering(home), ...scanners.map(dirname)]);
  // Logged in nowhere: a login is what the inputs bring.
  rmSync(join(builder.env.DOCKER_CONFIG ?? '', 'config.json'));
  const { PATH: _path, ...building } = builder.env;
  const inside = {
    ...building,
    GITHUB_API_URL: api,
    NODE_EXTRA_CA_CERTS: registry.authority,
    RUNNER_TOOL_CACHE: join(home, 'tools'),
  };

  return async ({ event, workflow, payload }) => {
    const folder = mkdtempSync(join(home, 'run-'));
    writeFileSync(join(folder, 'event.json'), JSON.stringify(payload));
    const args = [
      event, '-C', repository, '-W', join(repository, '.github/workflows', workflow), '-e', join(folder, 'event.json'),
      '-P', 'ubuntu-24.04=-self-hosted', '--rm', '--json', '--no-cache-server', '--pull=false',
      '--action-cache-path', join(home, 'cache'), '--secret-file', secretFile,
      ...mapped.flatMap(([reference, place]) => ['--local-repository', `${reference}=${place}`]),
      ...Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
      ...Object.entries({ ...inside, ARTIFACTS: folder }).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ]; // prettier-ignore
    const { code, stdout, stderr } = await run(act, args, { env: environment, timeoutMs: 110_000 });
    const lines = stdout.split('\n').flatMap(parseLine);
    return {
      exitCode: code,
      log: [...lines.map(({ job = '', msg = '' }) => `${job}| ${msg.trimEnd()}`), stderr].join(
        '\n',
      ),
      jobs: Object.fromEntries(
        lines.flatMap(({ job, jobResult }) =>
          job !== undefined && jobResult !== undefined ? [[basename(job.trim()), jobResult]] : [],
        ),
      ),
      artifact: (path) => readFileSync(join(folder, path), 'utf8'),
    };
  };
}

function parseLine(text: string): LogLine[] {
  try {
    return [JSON.parse(text) as LogLine];
  } catch {
    return text === '' ? [] : [{ msg: text }];
  }
}

/**
 * A folder with what runs the steps, so that one that failed ends a moment later than it did: act reads the output of a step
 * from a terminal, and closes that as soon as one has failed, whatever is still to be read.
 * Source: act 0.2.89, pkg/container/host_environment.go, exec
 */
function lingering(home: string): string {
  const folder = join(home, 'lingering');
  mkdirSync(folder);
  for (const program of [process.execPath, '/bin/bash'])
    writeFileSync(
      join(folder, basename(program)),
      `#!/bin/sh\n'${program}' "$@"\ncode=$?\n[ $code -eq 0 ] || sleep 0.5\nexit $code\n`,
      { mode: 0o755 },
    );
  return folder;
}

/** Nothing of the machine's own environment gets into a run, but the way to its programs. */
function actEnvironment(home: string, folders: readonly string[]): NodeJS.ProcessEnv {
  return {
    HOME: home,
    PATH: [...folders, dirname(process.execPath), engineEnv.PATH ?? ''].join(delimiter),
    LANG: 'C.UTF-8',
    GIT_PAGER: 'cat',
  };
}

/** What of this project a user's runner downloads; act copies the folder at each use, hence no more than that. */
function leanCopy(home: string): string {
  const lean = join(home, 'slipway');
  for (const path of globSync(['action.yml', 'actions/*/action.yml', 'dist'], { cwd: checkout })) {
    cpSync(join(checkout, path), join(lean, path), { recursive: true });
  }
  spawnSync('git', ['init', '--quiet', lean]);
  return lean;
}

/** Everything that the shipped workflows use, and where it lies here; what is not known is an error, not a download. */
function mapUses(lean: string): (readonly [string, string])[] {
  const used = shipped.flatMap(({ content }) =>
    jobsOf(content).flatMap(([, { steps = [] }]) => steps.flatMap(({ uses }) => uses ?? [])),
  );
  return [...new Set(used)]
    .filter((uses) => !uses.startsWith('actions/checkout@')) // act's own: it copies the repository
    .map((uses) => {
      const [path = '', ref = ''] = uses.split('@');
      const name = path.split('/').slice(0, 2).join('/');
      const place = name === slipway ? lean : join(standIns, name);
      if (!existsSync(place)) throw new Error(`there is no stand-in for ${uses}`);
      return [`${name}@${ref}`, place] as const;
    });
}
