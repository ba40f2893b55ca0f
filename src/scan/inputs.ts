import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import type { ScanSettings } from '../config/schema.ts';
import { UserError } from '../kit/errors.ts';
import {
  choice,
  duration,
  flag,
  insideWorkspace,
  lines,
  optional,
  workspace,
} from '../kit/inputs.ts';
import { parseSize } from '../kit/size.ts';
import { imagesOf } from '../release/collect.ts';
import { parseUnchanged, readLegs } from '../release/leg.ts';
import { readRecord } from '../release/record.ts';
import {
  type DatabaseName,
  JAVA_REPOSITORIES,
  VULNERABILITY_REPOSITORIES,
} from './database/kinds.ts';
import type { DatabaseSettings } from './database/open.ts';
import { type Target, targetsOf, type Wanted } from './targets.ts';
import { lookedFor, type Scanner, SCANNERS } from './trivy/arguments.ts';

/** What the action is given, checked; the limits of slipway.yml are not in it yet. */
export interface ScanInputs {
  readonly workspace: string;
  readonly config: string;
  readonly environment: string | undefined;
  readonly targets: readonly Target[];
  readonly scanners: readonly Scanner[];
  readonly platform: string;
  /** Inputs that win over slipway.yml. */
  readonly limits: ScanSettings;
  readonly baseline: string | undefined;
  readonly ignoreFile: string;
  readonly databasePolicy: 'fail' | 'warn';
  readonly databases: Readonly<Record<DatabaseName, DatabaseSettings>>;
  readonly offline: boolean;
  readonly cacheDir: string;
  readonly mirror: string | undefined;
  readonly deadlineMs: number;
  /** Folder of the reports, relative to the workspace, and where it is. */
  readonly reports: string;
  readonly reportsPath: string;
  readonly billOfMaterials: 'none' | 'cyclonedx' | 'spdx';
  readonly upload: boolean;
  /** How many scans run side by side. */
  readonly parallel: number;
}

/** Reads the inputs. @throws UserError for the first one that cannot be */
export function scanInputs(env: NodeJS.ProcessEnv): ScanInputs {
  const folder = workspace();
  const reports = optional('reports') ?? 'slipway-scan';
  const offline = flag('offline');
  const database = (input: string, usual: readonly string[]): DatabaseSettings => ({
    repositories: optional(input) === undefined ? usual : lines(input),
    maxAgeMs: duration('database-max-age', '3d'),
    deadlineMs: duration('database-timeout', '5m'),
    offline,
  });
  const targets = targetsOf(wanted(folder), folder);
  return {
    workspace: folder,
    config: optional('config') ?? 'slipway.yml',
    environment: optional('environment'),
    targets,
    scanners: scanners(targets),
    platform: platform(),
    limits: limits(),
    baseline: optional('baseline'),
    ignoreFile: optional('ignore-file') ?? '.trivyignore.yaml',
    databasePolicy: choice('database', ['fail', 'warn']),
    databases: {
      vulnerability: database('database-repositories', VULNERABILITY_REPOSITORIES),
      java: database('java-database-repositories', JAVA_REPOSITORIES),
    },
    offline,
    cacheDir: optional('cache-dir') ?? usualCache(env),
    mirror: optional('trivy-mirror'),
    deadlineMs: duration('timeout', '10m'),
    reports,
    reportsPath: insideWorkspace(reports, folder),
    billOfMaterials: choice('bill-of-materials', ['none', 'cyclonedx', 'spdx']),
    upload: choice('upload-sarif', ['auto', 'false']) === 'auto',
    // One Trivy takes up to half a gigabyte with the real database: two on the two cores of a small runner stay below 2 GB.
    parallel: Math.min(4, availableParallelism()),
  };
}

function wanted(folder: string): Wanted {
  const release = optional('release');
  const legs = optional('legs');
  const built = legs === undefined ? [] : readLegs(legs, folder);
  return {
    images: lines('images'),
    services: {
      ...(release === undefined ? {} : readRecord(release, folder).services),
      ...imagesOf(built, parseUnchanged(optional('unchanged') ?? '{}')),
    },
    filesystem: lines('filesystem'),
    repository: lines('repository'),
    configuration: lines('configuration'),
    sbom: lines('sbom'),
  };
}

/** @throws UserError `bad-choice` */
function scanners(targets: readonly Target[]): Scanner[] {
  const given = (optional('scanners') ?? 'vuln,secret').split(/[\s,]+/);
  const refuse = (value: string, message: string, fix: string): UserError =>
    new UserError({ id: 'bad-choice', message, value, fix });
  const chosen = given.map((word) => {
    const scanner = SCANNERS.find((one) => one === word);
    if (scanner !== undefined) return scanner;
    const fix = `Use one or more of: ${SCANNERS.join(', ')}.`;
    throw refuse(word, 'The input scanners has no such value.', fix);
  });
  const idle = targets.find(({ kind }) => lookedFor(kind, chosen).length === 0);
  if (idle === undefined) return chosen;
  const fix = 'Add vuln to the scanners: a bill of materials holds nothing but packages.';
  throw refuse(given.join(), `Nothing would be looked for in ${idle.name}.`, fix);
}

/** @throws UserError `bad-platform` */
function platform(): string {
  const usual = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
  const given = optional('platform') ?? usual;
  if (/^[a-z0-9]+(\/[a-z0-9]+){1,2}$/.test(given)) return given;
  throw new UserError({
    id: 'bad-platform',
    message: 'The input platform is none.',
    value: given,
    fix: 'Write system and architecture, for example linux/arm64.',
  });
}

/** What inputs say over slipway.yml; nothing where they say nothing. */
function limits(): ScanSettings {
  const size = optional('max-size');
  if (size !== undefined) parseSize(size);
  const is = (name: keyof ScanSettings): boolean => optional(name) !== undefined;
  const says = ['fail', 'warn', 'ignore'] as const;
  return {
    ...(is('severity') && { severity: choice('severity', SEVERITIES_OF_A_GATE) }),
    ...(is('fixable-only') && { 'fixable-only': flag('fixable-only') }),
    ...(is('fail-on') && { 'fail-on': choice('fail-on', ['all', 'new']) }),
    ...(is('end-of-life') && { 'end-of-life': choice('end-of-life', says) }),
    ...(is('root') && { root: choice('root', says) }),
    ...(size !== undefined && { 'max-size': size }),
  };
}

const SEVERITIES_OF_A_GATE = ['high', 'critical', 'medium', 'low', 'unknown', 'none'] as const;

/** The tool cache outlives a job on a runner of one's own. */
function usualCache(env: NodeJS.ProcessEnv): string {
  return join(
    (env.RUNNER_TOOL_CACHE ?? '') || join(env.HOME ?? homedir(), '.cache'),
    'slipway-trivy',
  );
}
