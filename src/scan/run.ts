import { join } from 'node:path';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { type DatabaseState, openDatabase } from './database/open.ts';
import type { ScanInputs } from './inputs.ts';
import { judge, type KnownFindings, type Verdict } from './policy/gate.ts';
import type { Ignores } from './policy/ignore.ts';
import { unusedIgnores } from './policy/image.ts';
import type { Rules } from './rules.ts';
import { findTool } from './tool/find.ts';
import { lookedFor } from './trivy/arguments.ts';
import { writeBill } from './trivy/convert.ts';
import type { TrivyContext } from './trivy/run.ts';
import { type AllScans, scanAll, type TargetScan } from './trivy/scan-all.ts';

/** The world around a scan. */
export interface ScanContext extends Omit<TrivyContext, 'tool' | 'cacheDir'> {
  readonly log: Log;
  readonly clock: Clock;
  readonly client: RegistryClient;
  /** What is held against the findings. */
  readonly rules: Rules;
  /** What the last release had; only asked for when it matters. */
  readonly known: () => Promise<KnownFindings | undefined>;
}

/** All that came of it. */
export interface ScanRun extends AllScans {
  /** Trivy's version. */
  readonly version: string;
  /** Undefined when none was needed. */
  readonly database: DatabaseState | undefined;
  /** The index of Java archives; undefined when no target held any. */
  readonly java: DatabaseState | undefined;
  /** In the order of the scans. */
  readonly verdicts: readonly Verdict[];
  readonly unused: Ignores;
}

/**
 * Scans all targets once and judges what was found. What cannot be scanned, or not be scanned for vulnerabilities, is told in the
 * result, never taken for clean.
 * @throws UserError when there is no Trivy, or what the last release had cannot be read
 */
export async function runScan(inputs: ScanInputs, context: ScanContext): Promise<ScanRun> {
  const { log } = context;
  const tool = await log.group('Find Trivy', () =>
    findTool('trivy', { mirror: inputs.mirror }, context),
  );
  const trivy: TrivyContext = { ...context, tool, cacheDir: inputs.cacheDir };
  const database = needsDatabase(inputs)
    ? await log.group('Open the vulnerability database', () =>
        openDatabase('vulnerability', inputs.databases.vulnerability, trivy),
      )
    : undefined;
  tellDatabase(database, log);
  const { gate, ignores } = context.rules;
  const nothing = { version: tool.version, database, java: undefined, unused: [] };
  if (database !== undefined && database.state !== 'ready' && inputs.databasePolicy === 'fail')
    return { ...nothing, scans: [], problems: [], verdicts: [] };

  // The first target that holds Java archives opens the index; the others wait for it.
  let java: Promise<DatabaseState> | undefined;
  const scanners = inputs.scanners.filter(
    (one) => one !== 'vuln' || database?.state !== 'unavailable',
  );
  const order = {
    ...inputs,
    scanners,
    java: () => (java ??= openDatabase('java', inputs.databases.java, trivy)),
  };
  const targets = inputs.targets.filter(({ kind }) => lookedFor(kind, scanners).length > 0);
  const { client } = context;
  const folder = join(inputs.reportsPath, 'trivy');
  const scanned = await log.group('Scan', () =>
    scanAll(targets, { ...inputs, order, client, folder, context: trivy }),
  );
  const { scans } = scanned;
  const format = inputs.billOfMaterials;
  if (format !== 'none') {
    // What has no packages has no bill.
    const bills = scans.filter(({ kind }) => kind !== 'configuration');
    for (const scan of bills) await writeBill(scan, format, inputs.reportsPath, trivy);
  }
  const known = gate.failOn === 'new' ? await context.known() : undefined;
  return {
    ...nothing,
    ...scanned,
    java: await java,
    verdicts: judge(scans, gate, ignores, known),
    unused: unusedIgnores(
      ignores,
      scans.map(({ report }) => report),
    ),
  };
}

function needsDatabase({ targets, scanners }: ScanInputs): boolean {
  return targets.some(({ kind }) => lookedFor(kind, scanners).includes('vuln'));
}

function tellDatabase(database: DatabaseState | undefined, log: Log): void {
  if (database?.state !== 'ready') return;
  log.info(
    `Made ${database.updatedAt.toISOString()}${database.digest === undefined ? '' : `, ${database.digest}`}`,
  );
  if (database.note !== undefined) log.notice(database.note);
}

/** What the scans could not see, in words. */
export function blindSpots(scans: readonly TargetScan[]): string[] {
  return scans.flatMap(({ target, blind }) => blind.map((words) => `${target}: ${words}`));
}
