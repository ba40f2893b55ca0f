import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { type Running, start } from '../../src/kit/process.ts';
import { LogMasker } from './masker.ts';
import { parseCommandFile } from './command-file.ts';

const checkout = resolve(import.meta.dirname, '../..');

/** The parts of action.yml that the runner reads. */
interface ActionFile {
  readonly inputs?: Readonly<Record<string, { readonly default?: string | boolean | number }>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string };
}

export interface StepOptions {
  /** Folder of the action in the repository: `.` for the root action, `actions/ssh-deploy`, ... */
  readonly action: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** The workspace, as actions/checkout would have left it. */
  readonly workspace: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the running main process, e.g. to kill or cancel it. */
  readonly onMain?: (main: Running) => void;
  /** Called with each line of the masked log as it appears. */
  readonly onLine?: (line: string) => void;
}

export interface StepResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Exit code of post; null when there is none or it was killed. */
  readonly postExitCode: number | null;
  /** The log as GitHub would show it: masked, main and post. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The summary as GitHub would show it: masked, too. */
  readonly summary: string;
  /** Files that main and post left in RUNNER_TEMP. */
  readonly leftovers: readonly string[];
}

/**
 * Executes a shipped bundle as GitHub's runner does: INPUT_* from action.yml's defaults and `with:`, command files, state from main to
 * post, post even after a failure, masks applied to the log. Under Node 24, which the project brings along.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export async function runStep(options: StepOptions): Promise<StepResult> {
  const folder = resolve(checkout, options.action);
  const action = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as ActionFile;
  if (action.runs.using !== 'node24')
    throw new Error(`${options.action} runs with ${action.runs.using}, not node24`);
  const home = mkdtempSync(join(tmpdir(), 'runner-'));
  const temp = join(home, 'temp');
  mkdirSync(temp);
  const masker = new LogMasker(options.onLine);
  try {
    const environment = (
      phase: string,
      state: Readonly<Record<string, string>>,
    ): NodeJS.ProcessEnv => ({
      PATH: process.env.PATH,
      HOME: home,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: options.workspace,
      GITHUB_ACTOR: 'octocat',
      RUNNER_TEMP: temp,
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: 'X64',
      ...options.env,
      ...inputVariables(action, options.inputs, options.env?.GITHUB_TOKEN),
      ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
      ...commandFiles(home, phase),
    });
    const run = async (
      phase: 'main' | 'post',
      script: string,
      state: Readonly<Record<string, string>>,
    ) => {
      const child = start(process.execPath, [join(folder, script)], {
        cwd: options.workspace,
        env: environment(phase, state),
      });
      if (phase === 'main') options.onMain?.(child);
      await Promise.all([masker.read(child.stdout), masker.read(child.stderr)]);
      return child.exit;
    };
    const main = await run('main', action.runs.main, {});
    const state = parseCommandFile(join(home, 'main-state'));
    const post =
      action.runs.post === undefined ? undefined : await run('post', action.runs.post, state);
    return {
      exitCode: main.code,
      signal: main.signal,
      postExitCode: post?.code ?? null,
      log: masker.text(),
      outputs: parseCommandFile(join(home, 'main-output')),
      summary: (post === undefined ? ['main'] : ['main', 'post'])
        .map((phase) => masker.hide(readFileSync(join(home, `${phase}-step_summary`), 'utf8')))
        .join(''),
      leftovers: readdirSync(temp),
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The runner's names of inputs: upper case, spaces to underscores, hyphens kept. The one expression of our defaults is the token. */
function inputVariables(
  { inputs = {} }: ActionFile,
  given: Readonly<Record<string, string>>,
  token = '',
): Record<string, string> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(inputs, name)) throw new Error(`action.yml has no input ${name}`);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { default: fallback = '' }]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      given[name] ?? String(fallback).replace('${{ github.token }}', token),
    ]),
  );
}

function commandFiles(home: string, phase: string): Record<string, string> {
  return Object.fromEntries(
    ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => {
      const file = join(home, `${phase}-${name.toLowerCase()}`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
      return [`GITHUB_${name}`, file];
    }),
  );
}
