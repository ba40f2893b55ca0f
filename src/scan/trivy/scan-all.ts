import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../kit/duration.ts';
import { UserError } from '../../kit/errors.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { Scanned } from '../policy/gate.ts';
import { parseReport } from '../report/parse.ts';
import { countText } from '../report/remedies.ts';
import type { Target } from '../targets.ts';
import { composeArguments, composeFiles, withCompose } from './compose.ts';
import { locate } from './locate.ts';
import { seedCache } from './cache.ts';
import { type ScanOrder, scanTarget } from './scan.ts';
import type { TrivyContext } from './run.ts';

/** A target that was scanned. */
export interface TargetScan extends Scanned {
  /** Trivy's own JSON. */
  readonly file: string;
  /** What the scan could not see, in words. */
  readonly blind: readonly string[];
}

/** A target of which nothing is known. */
interface TargetProblem {
  readonly target: Target;
  readonly problem: UserError;
}

export interface AllScans {
  readonly scans: readonly TargetScan[];
  readonly problems: readonly TargetProblem[];
}

/** What the scans are made with. */
export interface ScanWorld {
  readonly order: ScanOrder;
  readonly client: RegistryClient;
  /** How many run side by side. */
  readonly parallel: number;
  /** Folder for what Trivy writes. */
  readonly folder: string;
  readonly context: TrivyContext;
}

/** Scans every target, whatever becomes of the others; results in the order of the targets. */
export async function scanAll(targets: readonly Target[], world: ScanWorld): Promise<AllScans> {
  const { context, parallel, folder } = world;
  mkdirSync(folder, { recursive: true });
  const results: (TargetScan | TargetProblem)[] = [];
  const left = [...targets.entries()];
  let done = 0;
  const next = async (name: string): Promise<boolean> => {
    const [index, target] = left.shift() ?? [];
    if (index === undefined || target === undefined) return false;
    const began = context.clock.now();
    const result = await scanOne(target, name, join(folder, fileName(index, target)), world);
    results[index] = result;
    done += 1;
    const took = formatDuration(context.clock.now() - began);
    const found = 'problem' in result ? result.problem.message : told(result);
    context.log.info(`${done}/${targets.length} ${target.name}: ${found} (${took})`);
    return true;
  };
  const workers = Array.from({ length: Math.min(parallel, targets.length) }, (_, at) => String(at));
  const [first = '0', ...others] = workers;
  // Images of one system mostly share their base: what Trivy learns of the first one's layers is not looked at again for the others.
  await next(first);
  for (const name of others) seedCache(context.cacheDir, first, name);
  const work = async (name: string): Promise<void> => {
    while (await next(name));
  };
  await Promise.all(workers.map(work));
  return {
    scans: results.filter((result) => 'report' in result),
    problems: results.filter((result) => 'problem' in result),
  };
}

async function scanOne(
  target: Target,
  name: string,
  output: string,
  { order, client, context }: ScanWorld,
): Promise<TargetScan | TargetProblem> {
  try {
    const located = await locate(target, client, context.env);
    const place = { name, output };
    const { text, blind } = await scanTarget(target, located, place, order, context);
    const whole =
      target.kind === 'configuration'
        ? await alsoCompose(target, text, place, order, context)
        : text;
    return {
      target: target.name,
      kind: target.kind,
      reference: target.kind === 'image' ? located.reference : target.reference,
      report: parseReport(whole, target.name),
      file: output,
      blind,
    };
  } catch (error) {
    if (error instanceof UserError) return { target, problem: error };
    throw error;
  }
}

/** Trivy knows Dockerfiles and Kubernetes manifests; Compose files are looked at by checks of ours, in a run of their own. */
async function alsoCompose(
  target: Target,
  report: string,
  { name, output }: { readonly name: string; readonly output: string },
  order: ScanOrder,
  context: TrivyContext,
): Promise<string> {
  const found = composeFiles(target.given);
  if (found.files.length === 0) return report;
  const scratch = mkdtempSync(join(context.scratch, 'compose-'));
  const { place, args } = composeArguments(found, scratch);
  const copies = { reference: place, source: 'remote' } as const;
  const own = { name, output: join(scratch, 'report.json'), args };
  const { text } = await scanTarget(target, copies, own, order, context);
  const whole = withCompose(report, text, found.folder);
  writeFileSync(output, whole);
  return whole;
}

function told({ report: { findings } }: TargetScan): string {
  return countText(findings) || 'nothing found';
}

/** Names of targets are paths and images; in the name of a file they are only a help. */
function fileName(index: number, { name, kind }: Target): string {
  const readable = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 80);
  return `${String(index + 1).padStart(2, '0')}-${readable || kind}.json`;
}
