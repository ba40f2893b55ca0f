import { existsSync, readFileSync } from 'node:fs';
import type { z } from 'zod';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import { lineOf, readYaml } from '../kit/yaml.ts';
import {
  type HostNeeds,
  type ProxySettings,
  type ScanSettings,
  type Slipway,
  slipwaySchema,
  type SmokeCheck,
} from './schema.ts';

/** What holds for one environment: its own section over the top level. */
export interface EnvironmentSettings {
  readonly app: string;
  readonly environment: string;
  readonly hosts: readonly string[];
  /** The host through which the others are reached. */
  readonly jump: string | undefined;
  readonly url: string | undefined;
  readonly path: string | undefined;
  readonly compose: readonly string[];
  readonly services: Slipway['services'];
  /** Where the release records are kept. */
  readonly record: string | undefined;
  readonly proxy: ProxySettings;
  readonly migrate: string | undefined;
  /** The environment that must have proven a release first. */
  readonly requires: string | undefined;
  /** Which refs may be released here, as a glob. */
  readonly ref: string | undefined;
  /** What a scan may find in what is released here. */
  readonly scan: ScanSettings;
  /** The file that lists the names which the environment of a release must have. */
  readonly envTemplate: string | undefined;
  /** What a host must have at least. */
  readonly requiresHost: HostNeeds | undefined;
  readonly smoke: readonly SmokeCheck[];
}

/**
 * Reads slipway.yml.
 * @param file path as given by the user, inside the workspace
 * @throws UserError `config-missing`, `config-syntax` or `config-invalid`, naming file and line
 */
export function readConfig(file: string, workspace: string): Slipway {
  const path = insideWorkspace(file, workspace);
  if (!existsSync(path)) {
    throw new UserError({
      id: 'config-missing',
      message: 'There is no slipway.yml.',
      value: file,
      fix: 'Add slipway.yml to the repository and check it out before this step, or name another file with the input config.',
    });
  }
  return parseConfig(readFileSync(path, 'utf8'), file);
}

/** The same from a text, for tests and tools. */
export function parseConfig(text: string, file: string): Slipway {
  const yaml = readYaml(
    text,
    (why, line) =>
      new UserError({
        id: 'config-syntax',
        message: `${file} is not valid YAML: ${why}`,
        value: line === undefined ? file : `${file}:${line}`,
        fix: 'Mend what is named.',
      }),
  );
  const result = slipwaySchema.safeParse(yaml.data, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(oneByOne).map((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const line = lineOf(yaml, [...issue.path, ...keys]);
    return `${file}:${line}: ${issue.path.join('.') || 'the file'}: ${explain(issue)}`;
  });
  throw new UserError({
    id: 'config-invalid',
    message: `${file} does not fit: ${problems.join('; ')}`,
    value: problems[0]?.split(': ')[0],
    fix: 'Mend the lines that are named; schema/slipway.schema.json lists every key.',
  });
}

/** Every unknown key is a mistake of its own, in a line of its own. */
function oneByOne(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ ...issue, keys: [key] }))
    : [issue];
}

function explain(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown key ${issue.keys.join(', ')}`;
    case 'invalid_value':
      return `${JSON.stringify(issue.input)} is not one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_key':
      return issue.issues.map(explain).join(', ');
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(explain))].join(', or ');
    default:
      return issue.input === undefined ? `${issue.message} (missing)` : issue.message;
  }
}

/**
 * The settings of one environment.
 * @throws UserError `environment-unknown`
 */
export function environmentSettings(config: Slipway, environment: string): EnvironmentSettings {
  const own = Object.hasOwn(config.environments, environment)
    ? config.environments[environment]
    : undefined;
  if (own === undefined) {
    const known = Object.keys(config.environments);
    throw new UserError({
      id: 'environment-unknown',
      message: 'slipway.yml has no such environment.',
      value: environment,
      fix: `Use one of: ${known.join(', ') || '(none is defined)'}; or add it under "environments:".`,
    });
  }
  return {
    app: config.app,
    environment,
    hosts: own.host ?? [],
    jump: own['ssh-jump'],
    url: own.url,
    path: own.path,
    compose: own.compose ?? config.compose,
    services: config.services,
    record: config.record,
    proxy: own.proxy ?? config.proxy,
    migrate: config.migrate?.service,
    requires: own.requires,
    ref: own.ref,
    scan: { ...config.scan, ...own.scan },
    envTemplate: own['env-template'],
    requiresHost: own['requires-host'],
    smoke: own.smoke ?? config.smoke,
  };
}
