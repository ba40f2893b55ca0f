import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { run } from '../../../../src/kit/process.ts';
import { runStep, type StepResult } from '../../../runner/runner.ts';
import { Repository } from '../../../unit/detect/repository.ts';
import { folderWith } from '../../../unit/kit/support.ts';

const checkout = resolve(import.meta.dirname, '../../../..');

/** Of kinds that gitleaks knows, and made up; in parts, so that nobody takes this file for a leak. */
export const SECRETS = {
  github: ['ghp', 'J4kzQm8WxT2vBn6RyL0sHd3FgPa9CeUi7OwZ'].join('_'),
  aws: ['AKIA', 'Q3EGRZ5VXYT6PLMN'].join(''),
  slack: ['xoxb', '2314908765432', '2314908765433', 'hQw8ZsR4kTn6VbYx2LmPc0Ja'].join('-'),
  stripe: ['sk', 'live', '51Hq8ZsR4kTn6VbYx2LmPc0JaWd7Ef9G'].join('_'),
} as const;

/** A line as people write it. */
export function lineWith(secret: string): string {
  return `token = "${secret}"\n`;
}

/** The folder of the gitleaks that all tests share. */
export async function gitleaksFolder(): Promise<string> {
  const { stdout } = await run('sh', ['scripts/tool.sh', 'gitleaks'], { cwd: checkout });
  return dirname(stdout.trim());
}

export interface Occasion {
  readonly event: string;
  readonly ref?: string;
  readonly payload?: unknown;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where programs stand that write down how they are called before they do what they are called for. */
export interface Witness {
  readonly path: string;
  /** Arguments and environment of each call, one call a block. */
  calls(): string;
}

/** Puts git and gitleaks behind scripts that take notes. */
export async function witness(): Promise<Witness> {
  const folder = folderWith();
  const notes = join(folder, 'notes');
  writeFileSync(notes, '');
  const { stdout: git } = await run('sh', ['-c', 'command -v git']);
  const programs = { git: git.trim(), gitleaks: join(await gitleaksFolder(), 'gitleaks') };
  for (const [name, program] of Object.entries(programs)) {
    const script = `#!/bin/sh\n{ echo "== ${name}"; printf '%s\\n' "$@"; echo "-- environment"; env; } >>'${notes}'\nexec '${program}' "$@"\n`;
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
  return { path: folder, calls: () => readFileSync(notes, 'utf8') };
}

/** Runs the shipped action in a checkout. */
export async function scan(
  copy: Repository,
  { event, ref = 'refs/heads/main', payload = {}, inputs = {}, env = {} }: Occasion,
): Promise<StepResult> {
  const file = join(folderWith(), 'event.json');
  writeFileSync(file, JSON.stringify(payload));
  return runStep({
    action: 'actions/secret-scan',
    workspace: copy.folder,
    inputs: { 'upload-sarif': 'false', ...inputs },
    env: {
      PATH: `${await gitleaksFolder()}:${process.env.PATH ?? ''}`,
      GITHUB_EVENT_NAME: event,
      GITHUB_REF: ref,
      GITHUB_EVENT_PATH: file,
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_SERVER_URL: 'https://github.example',
      ...env,
    },
  });
}

export function push(before: string, after: string, ref = 'refs/heads/main'): Occasion {
  const repository = { default_branch: 'main' };
  return { event: 'push', ref, payload: { ref, before, after, forced: false, repository } };
}

export function pull(base: string, head: string): Occasion {
  return {
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    payload: { number: 7, pull_request: { base: { sha: base }, head: { sha: head }, commits: 1 } },
  };
}

/** All that a step leaves behind, as one text: log, summary, outputs, and the files that it wrote to the workspace. */
export function traces(step: StepResult, workspace: string): string {
  const folder = join(workspace, 'slipway-scan');
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return [step.log, step.summary, JSON.stringify(step.outputs), ...step.leftovers, ...files].join(
    '\n',
  );
}

/** The forms in which a secret could get out. */
export function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) =>
    // Without the characters at either end that depend on what stands beside it.
    Buffer.from(`${'x'.repeat(shift)}${secret}`)
      .toString('base64')
      .replaceAll('=', '')
      .slice(shift === 0 ? 0 : 4, -2),
  );
  return [secret, encodeURIComponent(secret), ...base64, Buffer.from(secret).toString('hex')];
}
