import { existsSync, readFileSync } from 'node:fs';
import { readConfig } from '../../src/config/read.ts';
import { type Event, readEvent } from '../../src/detect/event.ts';
import { Git, gitEnvironment } from '../../src/detect/git.ts';
import { registryRecords } from '../../src/detect/records.ts';
import type { GitHubAccess } from '../../src/github/connect.ts';
import { runAction } from '../../src/kit/action.ts';
import { systemClock } from '../../src/kit/clock.ts';
import {
  insideWorkspace,
  optional,
  required,
  secret,
  withoutInputs,
} from '../../src/kit/inputs.ts';
import { actionsLog } from '../../src/kit/log.ts';
import { makeScratch } from '../../src/kit/scratch.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import { registryLogin, registryOptions } from '../../src/registry/inputs.ts';
import { privateLogin } from '../../src/registry/private-login.ts';
import { registryOf } from '../../src/registry/reference.ts';
import { JAVA_REPOSITORIES, VULNERABILITY_REPOSITORIES } from '../../src/scan/database/kinds.ts';
import { type ScanInputs, scanInputs } from '../../src/scan/inputs.ts';
import { knownFindings } from '../../src/scan/known.ts';
import type { KnownFindings } from '../../src/scan/policy/gate.ts';
import { publishScan, type Upload } from '../../src/scan/publish.ts';
import { type FileAt, readRules } from '../../src/scan/rules.ts';
import { runScan } from '../../src/scan/run.ts';

const log = actionsLog(systemClock);
const clock = systemClock;

async function work(): Promise<void> {
  const env = withoutInputs(process.env);
  const inputs = scanInputs(env);
  const login = registryLogin();
  const registry = registryOptions();
  const client = new RegistryClient(registry);
  const event = readEvent(env);
  const rules = await readRules(inputs, event, { fileAt, log, now: clock.now() });
  const scratch = makeScratch();
  const run = await runScan(inputs, {
    ...registry,
    ca: registry.ca ?? furtherAuthorities(env),
    ...{ log, clock, env, scratch, client, rules },
    ...(login && { dockerConfig: privateLogin(scratch, login, registriesOf(inputs), env) }),
    known: () => known(inputs, client, event),
  });
  await publishScan(inputs, run, {
    log,
    upload: inputs.upload ? upload : undefined,
    now: new Date(clock.now()),
  });
}

/** What Node itself trusts beside the usual authorities, and so every other action, Trivy shall trust as well. */
function furtherAuthorities({ NODE_EXTRA_CA_CERTS: file }: NodeJS.ProcessEnv): string | undefined {
  return file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/**
 * Whom the login is shown to: the registries of the images; without any, those that were named for databases. Trivy's own public ones
 * never see it.
 */
function registriesOf({ targets, databases }: ScanInputs): string[] {
  const images = targets.filter(({ kind }) => kind === 'image').map(({ given }) => given);
  const named = Object.values(databases)
    .flatMap(({ repositories }) => repositories)
    .filter((place) => !PUBLIC.includes(place));
  return [...new Set((images.length > 0 ? images : named).map(registryOf))];
}

const PUBLIC = [...VULNERABILITY_REPOSITORIES, ...JAVA_REPOSITORIES];

/** Octokit is loaded only for those who ask GitHub. */
const fileAt: FileAt = async (path, commit) => {
  const github = await import('../../src/github/contents.ts');
  return github.fileAt(access(), path, commit, log);
};

const upload: Upload = async (sarif) => {
  if (optional('token') === undefined) return { refused: 'the step has no token.' };
  const { uploadSarif } = await import('../../src/github/code-scanning.ts');
  const { GITHUB_SHA: commit = '', GITHUB_REF: ref = '' } = process.env;
  return uploadSarif(access(), { sarif, commit, ref }, { log, clock });
};

function access(): GitHubAccess {
  const token = required('token') && (secret('token') ?? '').trim();
  return { token, repository: process.env.GITHUB_REPOSITORY ?? '' };
}

/** What the last release had. */
async function known(
  { workspace: folder, config: file, targets, baseline }: ScanInputs,
  client: RegistryClient,
  event: Event,
): Promise<KnownFindings | undefined> {
  const token = secret('token')?.trim();
  const git = new Git({ folder, log, env: gitEnvironment(process.env, folder, token) });
  const config = existsSync(insideWorkspace(file, folder)) ? readConfig(file, folder) : undefined;
  const images = targets.filter(({ kind }) => kind === 'image');
  const services = images.map(({ name, given }) => ({ name, image: given }));
  const ask = registryRecords(client, log, process.env.GITHUB_REPOSITORY ?? '');
  const records = ask(config, services);
  const head = await git.head();
  return knownFindings({ git, log, records, event, head, named: baseline }, client, log);
}

// 1 says that the gate has failed; that it could not be asked is another matter.
await runAction('incomplete', work, 2);
