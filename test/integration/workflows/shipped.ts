import { globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';

export const checkout = resolve(import.meta.dirname, '../../..');

/** Small actions in the place of other people's, with the same inputs and outputs: <owner>/<name>/. */
export const standIns = join(checkout, 'test/fixtures/actions');

export interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string | boolean>>;
  readonly run?: string;
}

interface Concurrency {
  readonly group: string;
  readonly 'cancel-in-progress'?: boolean;
}

export interface Job {
  readonly 'runs-on'?: string;
  readonly 'timeout-minutes'?: number;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly environment?: string | { readonly name: string; readonly deployment?: boolean };
  readonly strategy?: { readonly matrix: string };
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Concurrency;
  /** The reusable workflow that this job calls. */
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<
    Record<
      string,
      | {
          readonly secrets?: object;
          readonly inputs?: Readonly<Record<string, { readonly options?: readonly string[] }>>;
        }
      | undefined
    >
  >;
  readonly permissions?: object;
  readonly concurrency?: Concurrency;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** A file with workflow syntax, as text and as what the text says. */
export interface Source<Content> {
  readonly path: string;
  readonly text: string;
  readonly content: Content;
}

function read<Content>(pattern: string): Source<Content>[] {
  return globSync(pattern, { cwd: checkout })
    .sort()
    .map((path) => {
      const text = readFileSync(join(checkout, path), 'utf8');
      return { path, text, content: parse(text) as Content };
    });
}

/** What users copy into their repositories. */
export const shipped = read<Workflow>('workflows/*.yml');

/** The project's own. */
export const own = read<Workflow>('.github/workflows/*.yml');

/** The action.yml files, by their folder. */
export const actions = ['action.yml', 'actions/*/action.yml'].flatMap((pattern) =>
  read<{ readonly runs: { readonly steps?: readonly Step[] } }>(pattern),
);

/** What people read, samples in it. */
export const documents = globSync(['*.md', 'docs/*.md', 'actions/*/*.md', 'examples/*/*.md'], {
  cwd: checkout,
}).map((path) => ({ path, text: readFileSync(join(checkout, path), 'utf8') }));

export function shippedWorkflow(name: string): Workflow {
  const found = shipped.find(({ path }) => basename(path) === `${name}.yml`);
  if (!found) throw new Error(`there is no workflows/${name}.yml`);
  return found.content;
}

/** Every job of a workflow with its identifier. */
export function jobsOf({ jobs }: Workflow): readonly (readonly [string, Job])[] {
  return Object.entries(jobs);
}

const { repository } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
  repository: string;
};

/** Owner and name of this project on GitHub; package.json is the place where they stand. */
export const slipway = repository.replace('github:', '');

/** A workflow without what GitHub knows and neither act nor actionlint does. */
export function plain(text: string): string {
  return text.replaceAll(/^ +deployment: false\n/gm, '');
}

/** A new folder that holds the shipped workflows where a user puts them, and nothing else. */
export function userFolder(change: (text: string) => string = (text) => text): string {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-'));
  for (const { path, text } of shipped) {
    const place = join(folder, '.github', path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, change(text));
  }
  return folder;
}
