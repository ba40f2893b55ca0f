import { existsSync } from 'node:fs';
import { environmentSettings, parseConfig, readConfig } from '../../src/config/read.ts';
import type { Slipway } from '../../src/config/schema.ts';
import { UserError } from '../../src/kit/errors.ts';
import {
  duration,
  flag,
  insideWorkspace,
  lines,
  optional,
  workspace,
} from '../../src/kit/inputs.ts';
import { imagesOf } from '../../src/release/collect.ts';
import { type ImageFacts, parseUnchanged, readLegs } from '../../src/release/leg.ts';
import { readScan, type ScanFile } from '../../src/release/scan.ts';

export interface RecordInputs {
  readonly workspace: string;
  readonly config: Slipway;
  /** Where release.json is written, relative to the workspace. */
  readonly release: string;
  readonly images: Readonly<Record<string, ImageFacts>>;
  readonly scan: ScanFile | undefined;
  readonly platforms: readonly string[];
  readonly publish: boolean;
  /** The environment that must have proven the commit; undefined when this is the record of a build. */
  readonly requires: string | undefined;
  readonly waitMs: number;
  readonly allowUnproven: boolean;
  readonly version: string | undefined;
}

/** Reads what to record or to promote; inputs win over slipway.yml. */
export function recordInputs(): RecordInputs {
  const folder = workspace();
  const config = readSettings(folder);
  const environment = optional('environment');
  const scan = optional('scan');
  return {
    workspace: folder,
    config,
    release: optional('release') ?? 'release.json',
    images: imagesOf(
      readLegs(optional('legs') ?? 'slipway/', folder),
      parseUnchanged(optional('unchanged') ?? '{}'),
    ),
    scan: scan === undefined ? undefined : readScan(scan, folder),
    platforms: lines('platforms').flatMap((line) => line.split(/\s*,\s*/)),
    publish: flag('publish', true),
    requires: optional('promote') ?? requirement(config, environment),
    waitMs: duration('promote-wait', '10m'),
    allowUnproven: flag('allow-unproven'),
    version: versionOf(process.env),
  };
}

const USUAL_CONFIG = 'slipway.yml';

/** Without slipway.yml the system has the name of its repository, as for detect. */
function readSettings(folder: string): Slipway {
  const file = optional('config') ?? USUAL_CONFIG;
  if (file !== USUAL_CONFIG || existsSync(insideWorkspace(file, folder)))
    return readConfig(file, folder);
  const name = (process.env.GITHUB_REPOSITORY ?? '').split('/').pop() ?? '';
  return parseConfig(JSON.stringify({ app: name.toLowerCase() }), file);
}

function requirement(config: Slipway, environment: string | undefined): string | undefined {
  return environment === undefined ? undefined : environmentSettings(config, environment).requires;
}

/** The tag that is being released, unless another name is given. */
function versionOf(env: NodeJS.ProcessEnv): string | undefined {
  const tag = env.GITHUB_REF_TYPE === 'tag' ? env.GITHUB_REF_NAME : undefined;
  const version = optional('version') ?? ((tag ?? '') || undefined);
  if (version === undefined || /^\w[\w.-]{0,127}$/.test(version)) return version;
  throw new UserError({
    id: 'bad-version',
    message: 'The version cannot be the tag of an image.',
    value: version,
    fix: 'Use letters, digits and . _ -, for example v1.2.0; or name another one with the input version.',
  });
}
