import { cpSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docker, engineEnv, labName, machine, sh } from './engine.ts';
import type { Lab } from './lab.ts';
import { mode } from './mode.ts';

const script = fileURLToPath(new URL('./engine/builder.sh', import.meta.url));

/** A BuildKit as docker/setup-buildx-action would give a job, logged in to the lab's registry. */
export interface Builder {
  /** The environment in which `docker buildx build` means this builder. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Gives a builder that can do several platforms, attestations and a cache in the registry. The usual one is shared by all and keeps
 * its cache; a fresh one knows nothing, as that of a new runner.
 */
export async function startBuilder(lab: Lab, options: { fresh?: true } = {}): Promise<Builder> {
  const config = mkdtempSync(join(lab.folder, 'docker-'));
  cpSync(engineEnv.DOCKER_CONFIG ?? '', config, { recursive: true });
  const name = options.fresh
    ? `${labName}-${config.slice(-6).toLowerCase()}`
    : `${labName}-builder`;
  const address = await sh('sh', [script, name, ...(options.fresh ? [String(process.pid)] : [])]);
  const env = {
    DOCKER_HOST: engineEnv.DOCKER_HOST ?? '',
    DOCKER_CONFIG: config,
    PATH: engineEnv.PATH ?? '',
    BUILDX_BUILDER: name,
  };
  await sh('docker', ['buildx', 'create', '--name', name, '--driver', 'remote', address], {
    env: { ...engineEnv, ...env, BUILDX_BUILDER: '' },
  });
  return {
    env,
    stop: async () => {
      if (options.fresh) await docker('rm', '-f', '-v', name);
    },
  };
}

/** A server of the runner's own, at an address that builders know it by, too. */
export interface Shown {
  /** `host:port` */
  readonly address: string;
  stop(): Promise<void>;
}

/** Lets builders reach what the runner listens to on `machine.listen`. They share a loopback, on which somebody passes it on. */
export async function showToBuilders(port: number): Promise<Shown> {
  if (mode === 'own') return { address: `${machine.host}:${port}`, stop: () => Promise.resolve() };
  const name = `${labName}-to-${port}`;
  await docker(
    ...['run', '-d', '--name', name, '--label', `${labName}.owner=${process.pid}`],
    ...['--network', `container:${labName}-registry`, '--entrypoint', 'socat'],
    ...['slipway-lab/host', `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`],
    `TCP:${machine.host}:${port}`,
  );
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      await docker('rm', '-f', '-v', name);
    },
  };
}
