import * as core from '@actions/core';
import { parseEnv } from 'node:util';
import { UserError } from '../kit/errors.ts';
import {
  choice,
  duration,
  flag,
  integer,
  lines,
  optional,
  required,
  secret,
  workspace,
} from '../kit/inputs.ts';
import { mask } from '../kit/mask.ts';
import { type EnvironmentSettings, environmentSettings, readConfig } from '../config/read.ts';
import { readRecord, type ReleaseRecord } from '../release/record.ts';
import { parseTarget, type Target } from '../remote/target.ts';
import { parseDuration } from '../kit/duration.ts';
import type { Manner, PullLogin } from './host-release.ts';
import type { Subject } from './prepare.ts';

/** Inputs of every action that goes onto hosts. */
export interface HostInputs {
  readonly workspace: string;
  readonly settings: EnvironmentSettings;
  readonly targets: readonly Target[];
  readonly key: string;
  readonly knownHosts: string | undefined;
  readonly pullLogin: (images: readonly string[]) => PullLogin;
  readonly manner: Manner;
}

/** Inputs of the actions that deploy. */
export interface ReleaseInputs extends HostInputs {
  readonly subject: Subject;
  readonly dryRun: boolean;
}

/** Reads where to go and how; inputs win over slipway.yml. */
export function hostInputs(): HostInputs {
  const key = required('ssh-key') && (secret('ssh-key') ?? '');
  const folder = workspace();
  const fromFile = environmentSettings(
    readConfig(optional('config') ?? 'slipway.yml', folder),
    required('environment'),
  );
  const hosts = lines('host');
  const settings = {
    ...fromFile,
    hosts: hosts.length > 0 ? hosts : fromFile.hosts,
    path: optional('path') ?? fromFile.path,
  };
  if (settings.hosts.length === 0) {
    throw new UserError({
      id: 'input-required',
      message: 'No host is given.',
      value: 'host',
      fix: `Add "host: user@host" under "with:", or under environments.${settings.environment} in slipway.yml.`,
    });
  }
  const ownCredential = choice('pull-credential', ['job', 'host']) === 'host';
  const username = optional('registry-username');
  const password = secret('registry-password')?.trim();
  return {
    workspace: folder,
    settings,
    targets: settings.hosts.map(parseTarget),
    key,
    knownHosts: optional('ssh-known-hosts'),
    pullLogin: (images) =>
      ownCredential ? { credential: 'host' } : { auth: dockerConfig(images, username, password) },
    manner: {
      healthTimeoutMs: duration('health-timeout', '2m'),
      drainMs: parseDuration(
        optional('drain-timeout') ?? settings.proxy.drain ?? '10s',
        'The input drain-timeout',
      ),
      keep: integer('keep-releases', 5, 2, 100),
      holdMs: 15 * 60_000,
      by: author(),
    },
  };
}

/** Reads what to release, too. */
export function releaseInputs(): ReleaseInputs {
  const inputs = hostInputs();
  const { settings } = inputs;
  const record = readRecord(optional('release') ?? 'release.json', inputs.workspace);
  if (record.app !== settings.app) {
    throw new UserError({
      id: 'release-foreign',
      message: `The release record belongs to another app than ${settings.app}.`,
      value: record.app,
      fix: 'Take the record that the build of this repository wrote.',
    });
  }
  const env = (core.getInput('env') || '').replaceAll('\r\n', '\n');
  maskValues(env);
  return {
    ...inputs,
    dryRun: flag('dry-run'),
    subject: {
      settings,
      record,
      version: versionOf(optional('version'), record),
      env: `${env}\n`,
      pullLogin: inputs.pullLogin(Object.values(record.services).map(({ image }) => image)),
      workspace: inputs.workspace,
      allowOlder: flag('allow-older'),
    },
  };
}

/**
 * The values of the release's environment are secrets until somebody says otherwise; short words would blank out the log.
 * They are read twice: Node knows values of several lines, but ends one at any `#`; Compose only at one behind a space.
 */
function maskValues(env: string): void {
  const line =
    /^[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.-]*[ \t]*[=:][ \t]*(['"]?)(.+?)\1(?:[ \t]+#.*)?[ \t]*$/gm;
  const inLines = Array.from(env.matchAll(line), ([, , value]) => value);
  // A line that is no assignment, too: Compose quotes it in its error.
  const malformed = env
    .split('\n')
    .filter((text) => !/[=:]/.test(text))
    .map((text) => text.trim().replace(/^(['"])(.*)\1$/, '$2'));
  const values = [...Object.values(parseEnv(env)), ...inLines, ...malformed].flatMap(
    (value = '') => [value, value.replace(/\\(.)/g, '$1')],
  );
  for (const value of new Set(values)) if (value.length >= 8) mask(value);
}

/** The ledger's name for the release: what was given, else the short commit. */
function versionOf(given: string | undefined, { commit }: ReleaseRecord): string {
  const version = given ?? commit.slice(0, 7);
  if (/^[A-Za-z0-9][A-Za-z0-9._+@/-]{0,127}$/.test(version)) return version;
  throw new UserError({
    id: 'bad-version',
    message: 'The version cannot be used as a name.',
    value: version,
    fix: 'Use letters, digits and . _ + @ / -, for example v1.2.0.',
  });
}

/** Docker's config.json for the registries of these images, in one line; undefined when they are public. */
function dockerConfig(
  images: readonly string[],
  username: string | undefined,
  password: string | undefined,
): string | undefined {
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined) {
    throw new UserError({
      id: 'input-required',
      message: 'registry-username and registry-password belong together.',
      value: username === undefined ? 'registry-username' : 'registry-password',
      fix: 'Give both, or none for public images.',
    });
  }
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  mask(auth);
  const registries = new Set(images.map(registryOf));
  return JSON.stringify({
    auths: Object.fromEntries([...registries].map((registry) => [registry, { auth }])),
  });
}

/** The registry of an image by Docker's own rule: the part before the first slash, when it looks like a host. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
    ? first
    : 'https://index.docker.io/v1/';
}

function author(): string {
  const { GITHUB_ACTOR: actor, GITHUB_RUN_ID: run } = process.env;
  return [actor ?? 'somebody', ...(run === undefined ? [] : [`in run ${run}`])]
    .join(' ')
    .replaceAll(/[^\w .@[\]-]/g, '_');
}
