import { UserError } from '../kit/errors.ts';
import { flag, optional, secret } from '../kit/inputs.ts';
import { registryOptions } from '../registry/inputs.ts';
import type { ReleaseRecord } from '../release/record.ts';
import type { GitHubAccess } from '../github/connect.ts';
import { type Environment, readEnvironment } from './env.ts';
import { findRecord, type FoundRecord } from './find-record.ts';
import { type HostInputs, hostInputs } from './inputs.ts';
import type { Subject } from './prepare.ts';
import { readSecretFiles } from './secret-files.ts';

/** Inputs of the actions that deploy. */
export interface ReleaseInputs extends HostInputs {
  readonly subject: Subject;
  readonly found: FoundRecord;
  readonly environment: Environment;
  readonly dryRun: boolean;
  readonly allowUnproven: boolean;
  /** Undefined outside of GitHub, where nobody keeps deployments. */
  readonly github: GitHubAccess | undefined;
  /** The full name of the ref that this run is about; undefined outside of GitHub. */
  readonly ref: string | undefined;
}

/** Reads where to go and what to release; a record that is named by version or commit is fetched from the registry. */
export async function releaseInputs(): Promise<ReleaseInputs> {
  const inputs = hostInputs();
  const { settings } = inputs;
  const environment = readEnvironment(
    optional('env-template') ?? settings.envTemplate,
    inputs.workspace,
  );
  const secretFiles = readSecretFiles(inputs.workspace);
  const given = optional('release') ?? 'release.json';
  const found = await findRecord(
    given,
    settings,
    inputs.workspace,
    registryOptions(),
    flag('allow-tags'),
  );
  const { record } = found;
  if (record.app !== settings.app) {
    throw new UserError({
      id: 'release-foreign',
      message: `The release record belongs to another app than ${settings.app}.`,
      value: record.app,
      fix: 'Take the record that the build of this repository wrote.',
    });
  }
  const { GITHUB_REPOSITORY: repository, GITHUB_REF: ref } = process.env;
  const token = secret('token')?.trim();
  return {
    ...inputs,
    found,
    environment,
    dryRun: flag('dry-run'),
    allowUnproven: flag('allow-unproven'),
    github: token && repository ? { token, repository } : undefined,
    ref,
    subject: {
      settings,
      record,
      version: versionOf(optional('version') ?? found.version, record),
      env: environment.text,
      secretFiles,
      pullLogin: inputs.pullLogin(Object.values(record.services).map(({ image }) => image)),
      workspace: inputs.workspace,
      allowOlder: flag('allow-older'),
    },
  };
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
