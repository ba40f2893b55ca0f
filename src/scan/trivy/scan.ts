import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../kit/duration.ts';
import { UserError } from '../../kit/errors.ts';
import { safeLine } from '../../kit/text.ts';
import { KINDS } from '../database/kinds.ts';
import type { DatabaseState } from '../database/open.ts';
import type { Target } from '../targets.ts';
import { type Located, scanArguments, type Wish } from './arguments.ts';
import { layerCache, linkDatabase } from './cache.ts';
import { runTrivy, type TrivyContext, type TrivyEnd } from './run.ts';

/** What one target is scanned with. */
export interface ScanOrder extends Wish {
  readonly deadlineMs: number;
  /** Opens the index of Java archives when the first target turns out to hold some; the others share it. */
  readonly java: () => Promise<DatabaseState>;
}

/** What Trivy said of a target. */
export interface ScanResult {
  /** Trivy's JSON. */
  readonly text: string;
  /** What the scan could not see, in words. */
  readonly blind: readonly string[];
}

/** Where a scan works. */
export interface ScanPlace {
  /** Of the cache of layers, which no other scan uses meanwhile. */
  readonly name: string;
  /** Path of the file that Trivy writes. */
  readonly output: string;
  /** Further arguments. */
  readonly args?: readonly string[];
}

/**
 * Scans one target.
 * @throws UserError `scan-timeout` or `scan-failed`
 */
export async function scanTarget(
  target: Target,
  given: Located,
  place: ScanPlace,
  order: ScanOrder,
  context: TrivyContext,
): Promise<ScanResult> {
  const attempt = (cacheDir: string, ...more: readonly string[]): Promise<TrivyEnd> => {
    const args = [...scanArguments(target.kind, given, place.output, order), ...(place.args ?? [])];
    const { deadlineMs } = order;
    return runTrivy([...args, ...more], { deadlineMs }, { ...context, cacheDir });
  };
  let { cacheDir } = context;
  let end = await attempt(layerCache(cacheDir, place.name, false));
  if (says(end, LOCKED)) {
    // Another job of this machine has the same cache of layers; the databases are still the shared ones.
    cacheDir = privately(context);
    end = await attempt(layerCache(cacheDir, place.name, false));
  }
  const blind: string[] = [];
  if (says(end, JAVA_MISSING)) {
    const java = await order.java();
    if (java.state === 'unavailable') {
      blind.push(`Java archives were not looked into: ${java.problem.message}`);
      end = await attempt(layerCache(cacheDir, place.name, false), ...WITHOUT_ARCHIVES);
    } else end = await attempt(layerCache(cacheDir, place.name, true));
  }
  check(end, target, order.deadlineMs, cacheDir);
  tell(end, target, context);
  return { text: readFileSync(place.output, 'utf8'), blind };
}

/** What Trivy 0.74 says: pkg/cache/fs.go. */
const LOCKED = 'cache may be in use by another process';
/** pkg/javadb/client.go, which only a Java archive calls. */
const JAVA_MISSING = "'--skip-java-db-update' cannot be specified on the first run";
/** pkg/fanal/analyzer/language/java/jar/jar.go */
const WITHOUT_ARCHIVES = ['jar', 'war', 'ear', 'par'].flatMap((type) => [
  '--skip-files',
  `**/*.${type}`,
]);

function says({ code, lines }: TrivyEnd, text: string): boolean {
  return code !== 0 && lines.some((line) => line.includes(text));
}

/** The checks that Trivy was built with are those that are wanted. */
const AS_MEANT = 'Falling back to embedded checks';

/** A folder of this run alone, with the databases of all. */
function privately({ cacheDir, scratch }: TrivyContext): string {
  const folder = join(scratch, 'trivy-cache');
  mkdirSync(folder, { recursive: true });
  for (const name of ['vulnerability', 'java'] as const) linkDatabase(name, cacheDir, folder);
  return folder;
}

/** @throws UserError `scan-timeout` or `scan-failed` */
function check(end: TrivyEnd, { name }: Target, deadlineMs: number, cacheDir: string): void {
  if (end.timedOut) {
    throw new UserError({
      id: 'scan-timeout',
      message: `Trivy was not done with ${name} after ${formatDuration(deadlineMs)}, and was ended.`,
      value: name,
      fix: 'Give it longer with the input timeout; without secret among the scanners large images take much less.',
    });
  }
  if (end.code === 0) return;
  throw new UserError({
    id: 'scan-failed',
    message: `Trivy could not scan ${name}: ${reasonOf(end)}`,
    value: name,
    // Go's runtime ends a program with 2 when it crashes, which Trivy does over a page of its database that cannot be read.
    fix:
      end.code === 2
        ? `Trivy has crashed. A damaged database does that: remove ${join(cacheDir, KINDS.vulnerability.folder)} and run the step again.`
        : 'Mend what Trivy names; nothing is known of this target until it has been scanned.',
  });
}

/** Trivy wraps what went wrong into what it was doing; the innermost says most. */
function reasonOf({ code, lines }: TrivyEnd): string {
  const fatal = lines.findLast((line) => line.includes('FATAL')) ?? lines.at(-1);
  const [, said = `it ended with exit code ${code ?? '?'}`] =
    /(?:FATAL\s+)?(?:Fatal error\s+)?(.*)/.exec(fatal ?? '') ?? [];
  return safeLine(said).slice(0, 500);
}

/** Warnings of Trivy are about what it could not see. */
function tell({ lines }: TrivyEnd, { name }: Target, { log }: TrivyContext): void {
  for (const line of lines)
    if (/\s(?:WARN|ERROR)\s/.test(line) && !line.includes(AS_MEANT)) log.foreign(name, line);
}
