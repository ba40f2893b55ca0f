import { UserError } from '../kit/errors.ts';
import {
  choice,
  duration,
  integer,
  lines,
  optional,
  required,
  secret,
  workspace,
} from '../kit/inputs.ts';
import { parseDuration } from '../kit/duration.ts';
import { type EnvironmentSettings, environmentSettings, readConfig } from '../config/read.ts';
import { refuseWindows } from '../remote/client.ts';
import type { Login } from '../remote/connection.ts';
import { parseTarget, type Target } from '../remote/target.ts';
import type { Manner, PullLogin } from './host-release.ts';
import { sshInputs } from './ssh-inputs.ts';
import { registryLogin } from '../registry/inputs.ts';
import { dockerConfig } from './login.ts';

/** Inputs of every action that goes onto hosts. */
export interface HostInputs extends Login {
  readonly workspace: string;
  readonly settings: EnvironmentSettings;
  readonly targets: readonly Target[];
  readonly pullLogin: (images: readonly string[]) => PullLogin;
  readonly manner: Manner;
}

/** Reads where to go and how; inputs win over slipway.yml. */
export function hostInputs(): HostInputs {
  refuseWindows();
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
  const login = registryLogin();
  return {
    workspace: folder,
    settings,
    targets: settings.hosts.map(parseTarget),
    ...sshInputs(key, settings.jump),
    pullLogin: (images) =>
      ownCredential ? { credential: 'host' } : { auth: dockerConfig(images, login) },
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

function author(): string {
  const { GITHUB_ACTOR: actor, GITHUB_RUN_ID: run } = process.env;
  return [actor ?? 'somebody', ...(run === undefined ? [] : [`in run ${run}`])]
    .join(' ')
    .replaceAll(/[^\w .@[\]-]/g, '_');
}
