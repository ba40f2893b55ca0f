import { z } from 'zod';
import type { Log } from '../kit/log.ts';

/**
 * One line of `--progress rawjson`, which is BuildKit's own SolveStatus. What is not used here is ignored.
 * Source: https://github.com/moby/buildkit/blob/master/client/graph.go
 */
const statusSchema = z.object({
  vertexes: z
    .array(
      z.object({
        digest: z.string(),
        name: z.string().default(''),
        started: z.string().optional(),
        completed: z.string().optional(),
        cached: z.boolean().optional(),
        error: z.string().optional(),
      }),
    )
    .default([]),
  logs: z.array(z.object({ vertex: z.string(), data: z.string() })).default([]),
  warnings: z
    .array(
      z.object({
        short: z.string().default(''),
        url: z.string().default(''),
        range: z
          .array(z.object({ start: z.object({ line: z.int().default(1) }) }))
          .nullish()
          .transform((ranges) => ranges ?? []),
      }),
    )
    .default([]),
});

/** An instruction of the Dockerfile that was carried out, or was not because the cache had its result. */
export interface Step {
  /** As BuildKit names it: `deps`, `linux/arm64 stage-1`; empty for the only stage. */
  readonly stage: string;
  readonly instruction: string;
  readonly cached: boolean;
  readonly ms: number;
}

/** A rule of BuildKit's own check of the Dockerfile that was broken. */
export interface CheckWarning {
  readonly rule: string;
  readonly text: string;
  readonly line: number;
  readonly url: string;
}

type Status = z.infer<typeof statusSchema>;

interface Vertex {
  readonly name: string;
  cached: boolean;
  started: number;
  completed: number;
  error: string;
  /** The last lines that it said. */
  readonly said: string[];
}

const SAID = 20;

/** What is known of a build that failed. */
export interface Trouble {
  readonly errors: readonly string[];
  readonly words: readonly string[];
  readonly said: readonly string[];
}

/** Follows a build through its own account of it, line by line. */
export class Progress {
  readonly #vertexes = new Map<string, Vertex>();
  readonly #warnings = new Map<string, CheckWarning>();
  readonly #words: string[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes a line of stderr: a status, or words of buildx itself. */
  take(line: string): void {
    const status = parse(line);
    if (status === undefined) {
      if (line.trim() !== '') this.#words.push(line);
      return;
    }
    for (const vertex of status.vertexes) this.#vertex(vertex);
    for (const { vertex, data } of status.logs) {
      this.#said(this.#vertexes.get(vertex), Buffer.from(data, 'base64').toString('utf8'));
    }
    for (const { short, url, range } of status.warnings) {
      const text = Buffer.from(short, 'base64').toString('utf8');
      const line = range[0]?.start.line ?? 1;
      const [, rule = 'BuildKit', rest = text] =
        /^(\w+): (.*?)(?: \(line \d+\))?$/s.exec(text) ?? [];
      this.#warnings.set(`${line} ${text}`, { rule, text: rest, line, url });
    }
  }

  /** The Dockerfile's instructions in the order in which they were first heard of; base images are no work of ours. */
  steps(): Step[] {
    return [...this.#vertexes.values()].flatMap(({ name, cached, started, completed }) => {
      const [, stage = '', instruction = ''] = /^\[(?:(.*?) +)?\d+\/\d+\] (.*)$/s.exec(name) ?? [];
      if (instruction === '' || instruction.startsWith('FROM ') || completed === 0) return [];
      return [{ stage, instruction, cached, ms: completed - started }];
    });
  }

  /** Milliseconds of everything whose name begins so, e.g. `exporting to image`. */
  spent(prefix: string): number {
    const found = [...this.#vertexes.values()].filter(
      ({ name, completed }) => name.startsWith(prefix) && completed > 0,
    );
    return found.reduce((sum, { started, completed }) => sum + completed - started, 0);
  }

  warnings(): CheckWarning[] {
    return [...this.#warnings.values()].sort((a, b) => a.line - b.line);
  }

  /** What failed: BuildKit's own errors, what buildx said, and the last lines of the instruction that failed. */
  trouble(): Trouble {
    const failed = [...this.#vertexes.values()].filter(
      ({ name, error }) => error !== '' && !error.includes('context canceled') && !isCache(name),
    );
    return {
      errors: failed.map(({ error }) => error),
      words: this.#words,
      said: failed[0]?.said ?? [],
    };
  }

  /** Why the cache was not kept; undefined when it was, or when nobody asked for it. */
  cacheTrouble(): string | undefined {
    const [failed] = [...this.#vertexes.values()].filter(
      ({ name, error }) => name.startsWith('exporting cache') && error !== '',
    );
    return failed?.error;
  }

  #said(vertex: Vertex | undefined, text: string): void {
    for (const line of text.split(/[\r\n]+/)) {
      if (line === '') continue;
      this.#log.foreign(shortName(vertex?.name ?? ''), line);
      vertex?.said.push(line);
      if (vertex !== undefined && vertex.said.length > SAID) vertex.said.shift();
    }
  }

  #vertex({ digest, name, started, completed, cached, error }: Status['vertexes'][number]): void {
    const known = this.#vertexes.get(digest) ?? newVertex(name);
    const wasDone = known.completed > 0;
    known.cached ||= cached === true;
    known.error = error ?? known.error;
    // A vertex may be begun several times: it took from the first beginning to the last end.
    if (started !== undefined) known.started = Math.min(known.started, Date.parse(started));
    if (completed !== undefined) known.completed = Math.max(known.completed, Date.parse(completed));
    this.#vertexes.set(digest, known);
    if (!wasDone && known.completed > 0 && /^\[.*\d\/\d+\]/.test(name)) this.#tell(known);
  }

  #tell({ name, cached, started, completed }: Vertex): void {
    const how = cached ? 'cached' : `${((completed - started) / 1000).toFixed(1)} s`;
    this.#log.foreign(how, name);
  }
}

/** Its trouble ends no build: the first one finds no cache to import. */
function isCache(name: string): boolean {
  return /^(?:importing|exporting) cache/.test(name);
}

function newVertex(name: string): Vertex {
  return { name, cached: false, started: Infinity, completed: 0, error: '', said: [] };
}

function parse(line: string): Status | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return statusSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** `[deps 2/3] RUN npm ci` is `deps 2/3`. */
function shortName(name: string): string {
  return /^\[(.*?)\]/.exec(name)?.[1] ?? name.slice(0, 40);
}
