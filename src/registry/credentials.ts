import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../kit/errors.ts';
import { mask } from '../kit/mask.ts';
import { run } from '../kit/process.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Looks up the login of a registry; undefined means to ask without one. */
export type Credentials = (registry: string) => Promise<Login | undefined>;

/** Docker's word for "the password is an OAuth2 refresh token". */
export const TOKEN_USER = '<token>';

const HELPER_DEADLINE_MS = 30_000;

const configSchema = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({ auth: z.string().optional(), identitytoken: z.string().optional() }),
    )
    .default({}),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).default({}),
});

/**
 * What `docker login` has left: config.json in DOCKER_CONFIG or ~/.docker, and the credential helpers that it names.
 * Source: https://docs.docker.com/reference/cli/docker/login/#credential-stores
 * @throws UserError `docker-config-invalid`, when it is asked
 */
export function dockerCredentials(env: NodeJS.ProcessEnv): Credentials {
  const folder = (env.DOCKER_CONFIG ?? '') || join((env.HOME ?? '') || homedir(), '.docker');
  const file = join(folder, 'config.json');
  return async (registry) => {
    const config = readDockerConfig(file);
    const keys = keysOf(registry);
    // An empty name means the file itself. Source: docker/cli, cli/config/configfile/file.go, GetCredentialsStore
    const helper = (first(keys, config.credHelpers) ?? config.credsStore ?? '') || undefined;
    const login =
      (helper === undefined ? undefined : await askHelper(helper, keyOf(registry), env)) ??
      loginOf(first(keys, config.auths));
    if (login !== undefined) mask(login.password);
    return login;
  };
}

/** What Docker's config.json keeps of a login for some registries; the secret in it is masked. */
export function authsOf(
  registries: Iterable<string>,
  { username, password }: Login,
): Record<string, { readonly auth: string }> {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  mask(auth);
  return Object.fromEntries(Array.from(registries, (registry) => [keyOf(registry), { auth }]));
}

/** The name under which Docker itself writes a registry down. */
export function keyOf(registry: string): string {
  return keysOf(registry)[0] ?? registry;
}

/** The names under which Docker keeps a registry: Docker Hub's is a relic. */
function keysOf(registry: string): string[] {
  const host = registry === 'docker.io' ? 'index.docker.io' : registry;
  const old = [`https://${host}/v1/`, `https://${host}`, `https://${host}/v2/`];
  return host === registry ? [host, ...old] : [...old, host, registry];
}

function first<T>(keys: readonly string[], values: Readonly<Record<string, T>>): T | undefined {
  const key = keys.find((candidate) => Object.hasOwn(values, candidate));
  return key === undefined ? undefined : values[key];
}

function readDockerConfig(file: string): z.infer<typeof configSchema> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return configSchema.parse({});
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UserError(
      {
        id: 'docker-config-invalid',
        message: "Docker's config.json cannot be read.",
        value: file,
        fix: 'Let docker/login-action write it anew, or give registry-username and registry-password.',
      },
      { cause: error },
    );
  }
}

function loginOf(entry?: { auth?: string | undefined; identitytoken?: string | undefined }) {
  if (entry?.identitytoken) return { username: TOKEN_USER, password: entry.identitytoken };
  // A password may hold colons, a user name may not.
  const plain = Buffer.from(entry?.auth ?? '', 'base64').toString('utf8');
  const colon = plain.indexOf(':');
  return colon < 1
    ? undefined
    : { username: plain.slice(0, colon), password: plain.slice(colon + 1) };
}

const helperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** Source: https://github.com/docker/docker-credential-helpers#development */
async function askHelper(
  name: string,
  key: string,
  env: NodeJS.ProcessEnv,
): Promise<Login | undefined> {
  const program = `docker-credential-${name}`;
  const failed = (why: string, cause?: unknown): UserError =>
    new UserError(
      {
        id: 'docker-config-invalid',
        message: `Docker's credential helper does not work: ${why}`,
        value: program,
        fix: "Install the helper that Docker's config.json names, or give registry-username and registry-password.",
      },
      { cause },
    );
  if (!/^[\w.-]+$/.test(name)) throw failed('its name is not one of a program.');
  const { code, stdout } = await run(program, ['get'], {
    env,
    input: key,
    timeoutMs: HELPER_DEADLINE_MS,
  }).catch((error: unknown) => {
    throw failed(messageOf(error), error);
  });
  // It says so on stdout, with an exit code, when it knows nothing of this registry.
  if (code !== 0 && /credentials not found/i.test(stdout)) return undefined;
  // What it printed may hold the secret: it is not repeated.
  if (code !== 0) throw failed(`it ended with ${code ?? 'a signal'}.`);
  try {
    const { Username, Secret } = helperAnswer.parse(JSON.parse(stdout));
    return { username: Username, password: Secret };
  } catch {
    throw failed('it did not answer with a login.');
  }
}
