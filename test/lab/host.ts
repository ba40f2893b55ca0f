import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { docker, registry, sh } from './engine.ts';

/** A key pair and the name that may log in with it. */
export interface Login {
  readonly user: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface HostOptions {
  readonly login: Login;
  /** Added to `docker run`, e.g. a small tmpfs. */
  readonly dockerArgs?: readonly string[];
  /** What the runner wants to reach besides sshd and port 80. */
  readonly ports?: readonly number[];
}

/** Where something listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** The ways to a host, as they are from somewhere. */
export interface Ways {
  /** `user@host[:port]`, as the input `host` wants it. */
  readonly target: string;
  /** As `target`, with a port at which nothing listens. */
  readonly closed: string;
  /** The line for `ssh-known-hosts`. */
  readonly knownHosts: string;
  /** Where one finds what listens at this port of the host. */
  at(port: number): Place;
}

/** A real host: a container with its own sshd, Docker Engine and address. Its ways are those of the runner. */
export interface Host extends Ways {
  readonly name: string;
  /** Its address for other hosts. */
  readonly address: string;
  /** Its ways from other hosts. */
  readonly inside: Ways;
  /** Type and public half of its host key. */
  readonly key: string;
  /** What the runner asks to get this path; port 80 unless another is said. */
  url(path: string, port?: number): string;
  /** Runs a shell line as root on the host. */
  exec(line: string, input?: string): Promise<string>;
  /** Power off and on again. */
  powerCycle(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes a key pair the way a user would, with ssh-keygen. */
export async function makeLogin(folder: string, user = 'deploy'): Promise<Login> {
  const file = `${folder}/id-${user}`;
  await sh('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'slipway-lab', '-f', file]);
  return {
    user,
    privateKey: await readFile(file, 'utf8'),
    publicKey: await readFile(`${file}.pub`, 'utf8'),
  };
}

/** `host`, or `host:port` where it is not the usual one. */
function authority({ host, port }: Place, usual = 80): string {
  return port === usual ? host : `${host}:${port}`;
}

/** What the input `host` says of a place at which an sshd listens. */
export function targetAt(place: Place, user = 'deploy'): string {
  return `${user}@${authority(place, 22)}`;
}

/** The line that pins a key, or half of a key pair, for the sshd at a place. */
export function pinned({ host, port }: Place, key: string): string {
  return `${port === 22 ? host : `[${host}]:${port}`} ${key}`;
}

/** Starts a host and waits until its sshd and its engine answer (about two seconds). */
export async function startHost(name: string, owner: number, options: HostOptions): Promise<Host> {
  const { login, dockerArgs = [], ports = [] } = options;
  const disk = await copyOfSeed(`${name}-docker`, owner);
  const { id, address } = await runWithAddress([
    ...[
      '--name',
      name,
      '--hostname',
      name.replaceAll(/[^a-z0-9-]/g, '-'),
      '--privileged',
      '--network',
      'slipway-lab',
    ],
    ...[
      '--label',
      `slipway.lab.owner=${owner}`,
      '--tmpfs',
      '/run',
      '-v',
      `${disk}:/var/lib/docker`,
      ...dockerArgs,
    ],
    'slipway-lab/host:sid',
  ]);
  const exec = (line: string, input?: string): Promise<string> =>
    sh(
      'docker',
      ['exec', ...(input === undefined ? [] : ['-i']), id, 'sh', '-c', line],
      input === undefined ? {} : { input },
    );
  const home = login.user === 'root' ? '/root' : `/home/${login.user}`;
  await exec(
    `mkdir -p ${home}/.ssh && cat > ${home}/.ssh/authorized_keys && chmod 700 ${home}/.ssh && chown -R ${login.user}: ${home}/.ssh`,
    login.publicKey,
  );
  const certificates = `/etc/docker/certs.d/${registry.address}`;
  await exec(
    `mkdir -p ${certificates} && cat > ${certificates}/ca.crt`,
    await readFile(registry.authority, 'utf8'),
  );
  await awake(exec);
  const key = await exec("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
  const reached = [22, 80, ...ports];
  const at = (port: number): Place => {
    // Where hosts are reached through published ports, another one would not be there.
    if (!reached.includes(port)) throw new Error(`port ${port} of ${name} is not among its ports`);
    return { host: address, port };
  };
  const ways = (from: Ways['at']): Ways => ({
    target: targetAt(from(22), login.user),
    closed: `${login.user}@${from(22).host}:9`,
    knownHosts: pinned(from(22), key),
    at: from,
  });
  return {
    ...ways(at),
    inside: ways((port) => ({ host: address, port })),
    name,
    address,
    key,
    url: (path, port = 80) => `http://${authority(at(port))}${path}`,
    exec,
    powerCycle: async () => {
      await docker('kill', id);
      await docker('start', id);
      await awake(exec);
    },
    stop: async () => {
      await docker('rm', '-f', '-v', id);
      await docker('volume', 'rm', disk);
    },
  };
}

/**
 * Runs a container on an address of its own that it keeps over a power cycle: one of those that the engine does not deal out
 * itself. Another suite may have taken it; then another one is tried.
 */
async function runWithAddress(args: readonly string[]): Promise<{ id: string; address: string }> {
  for (;;) {
    const address = `10.213.1.${3 + Math.floor(Math.random() * 120)}`;
    try {
      return { id: await docker('run', '-d', '--ip', address, ...args), address };
    } catch (error) {
      const name = args[1] ?? '';
      await docker('rm', '-f', name);
      if (!(error instanceof Error && error.message.includes('Address already in use')))
        throw error;
    }
  }
}

async function awake(exec: Host['exec']): Promise<void> {
  await exec(
    'n=0; until docker version >/dev/null 2>&1 && pgrep -x sshd >/dev/null; do n=$((n+1)); [ $n -lt 300 ] || { tail -n 20 /var/log/dockerd.log; exit 1; }; sleep 0.1; done',
  );
}

/**
 * A disk that holds the base images already. Image layers never change, so they are linked, not copied; all else is copied. Links
 * need both sides under one mount, hence the mount of the folder above the volumes.
 */
async function copyOfSeed(volume: string, owner: number): Promise<string> {
  const seed = await docker('volume', 'ls', '-q', '--filter', 'name=slipway-lab-seed-');
  await docker('volume', 'create', '--label', `slipway.lab.owner=${owner}`, volume);
  const folder = dirname(
    dirname(await docker('volume', 'inspect', '-f', '{{.Mountpoint}}', volume)),
  );
  const copy = `cd "/v/$1/_data" && cp -al overlay2 "/v/$2/_data/" && for f in *; do [ "$f" = overlay2 ] || cp -a "$f" "/v/$2/_data/"; done`;
  await docker(
    'run',
    '--rm',
    '-v',
    `${folder}:/v`,
    'slipway-lab/redis:7',
    'sh',
    '-ec',
    copy,
    'copy',
    seed,
    volume,
  );
  return volume;
}
