import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { authsOf, keyOf, type Login } from './credentials.ts';

/** The parts of Docker's config.json that matter for a login. Source: docker/cli, cli/config/configfile/file.go */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/**
 * Makes a folder for DOCKER_CONFIG that is the user's own (builders, plugins, credential helpers, other logins) with a login more.
 * The password is written there only, for this user alone, and the folder is gone after the job's step.
 */
export function privateLogin(
  scratch: string,
  login: Login,
  registries: readonly string[],
  env: NodeJS.ProcessEnv,
): string {
  const own = env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), '.docker');
  const folder = join(scratch, 'docker');
  mkdirSync(folder, { mode: 0o700 });
  const file = join(own, 'config.json');
  const config = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DockerConfig) : {};
  for (const name of existsSync(own) ? readdirSync(own) : [])
    if (name !== 'config.json') symlinkSync(join(own, name), join(folder, name));
  const content = {
    ...config,
    auths: { ...config.auths, ...authsOf(registries, login) },
    // Without a helper of its own name, the user's credsStore would be asked instead of the file.
    credHelpers: {
      ...config.credHelpers,
      ...Object.fromEntries(registries.map((registry) => [keyOf(registry), ''])),
    },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(content), { mode: 0o600 });
  return folder;
}
