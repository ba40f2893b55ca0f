import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Finished, type RunOptions, run, start } from '../../src/kit/process.ts';
import { mode } from './mode.ts';

const script = fileURLToPath(new URL('./engine/engine.sh', import.meta.url));

const own = mode === 'own';

/** What the names of its containers, volumes and network begin with; the same rule as engine/common.sh. */
export const labName = process.env.SLIPWAY_LAB_NAME ?? 'slipway-lab';

/** The folder outside the checkout that keeps what was built; the same rule as engine/*.sh. */
const folder = join(
  process.env.SLIPWAY_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'slipway'),
  own ? 'lab' : 'laptop',
);

/** The environment in which `docker` means the lab's engine. */
export const engineEnv: NodeJS.ProcessEnv = {
  ...process.env,
  DOCKER_CONFIG: join(folder, 'docker-config'),
  ...(own && {
    DOCKER_HOST: 'unix:///run/slipway-lab/docker.sock',
    PATH: `${join(folder, 'prefix/usr/bin')}:${process.env.PATH ?? ''}`,
  }),
};

/** The same address means it for the runner, the engine, builders and hosts. */
export const registry = {
  address: own ? '10.213.1.2:5000' : '127.0.0.1:10213',
  username: 'lab',
  password: 'lab-registry-password',
  authority: join(folder, 'tls/ca.crt'),
};

/** The machine on which the runner is: where a server of its own listens, and how hosts find it. */
export const machine = own
  ? { listen: '10.213.0.1', host: '10.213.0.1' }
  : { listen: '0.0.0.0', host: 'host.docker.internal' };

/** An address at which the runner finds nothing: one that the lab does not deal out, or one to which there is no connection. */
export const NOWHERE = own ? '10.213.1.125' : '255.255.255.255';

/** Set to the name of a lab that somebody holds for every process that comes from him: to ask what is there costs each a second. */
const HELD = 'SLIPWAY_LAB_HELD';

/** Starts the engine as engineUp does, for this process and all that come from it. */
export async function holdEngine(): Promise<void> {
  await engineUp(process.pid);
  process.env[HELD] = labName;
}

/** Gives up what holdEngine held. */
export async function releaseEngine(): Promise<void> {
  process.env[HELD] = '';
  await engineDown(process.pid);
}

/**
 * Starts the lab's engine, if it is one of its own, and the registry and base images where they are missing, for as long as process `owner` lives; says what it
 * installs and builds on stderr.
 */
export async function engineUp(owner: number): Promise<void> {
  if (process.env[HELD] === labName) return;
  const child = start('sh', [script, 'up', String(owner)]);
  child.stderr.pipe(process.stderr, { end: false });
  child.stdout.resume();
  const { code } = await child.exit;
  if (code !== 0) throw new Error("the lab's engine did not come up; its own words stand above");
  await sh('docker', ['login', '-u', registry.username, '--password-stdin', registry.address], {
    input: registry.password,
  });
}

/** Gives up a process's use of the engine; the last user stops it. */
export async function engineDown(owner: number): Promise<void> {
  if (process.env[HELD] === labName) return;
  await sh('sh', [script, 'down', String(owner)]);
}

/** Runs a program in the lab's environment; an exit code other than 0 is an error that says everything. */
export async function sh(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result: Finished = await run(command, args, { env: engineEnv, ...options });
  if (result.code !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} ended with ${result.code ?? result.signal ?? '?'}:\n${result.stdout}${result.stderr}`,
    );
  }
  return result.stdout.trim();
}

/** `docker` on the lab's engine. */
export function docker(...args: string[]): Promise<string> {
  return sh('docker', args);
}
