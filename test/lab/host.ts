import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { docker, labName, registry, sh } from './engine.ts';
import { mode } from './mode.ts';
import { Shells } from './shell.ts';

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
  /** One that is made from the usual one. */
  readonly image?: string;
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
  const { login, dockerArgs = [], ports = [], image = 'slipway-lab/host' } = options;
  const disk = await copyOfSeed(`${name}-docker`, owner);
  const { id, address, at } = await runWithAddress(
    name,
    [22, 80, ...ports],
    [
      ...['--hostname', name.replaceAll(/[^a-z0-9-]/g, '-'), '--privileged'],
      ...['--network', labName, '--label', `${labName}.owner=${owner}`],
      ...['--tmpfs', '/run', '-v', `${disk}:/var/lib/docker`, ...dockerArgs],
      image,
    ],
  );
  const shells = new Shells(id);
  const exec = async (line: string, input?: string): Promise<string> => {
    const answer = await shells.run(line, input);
    if (answer === undefined) throw new Error(`${name} stopped during: ${line}`);
    const { code, stdout, stderr } = answer;
    if (code !== 0) throw new Error(`${name}: ${line} ended with ${code}:\n${stdout}${stderr}`);
    return stdout.trim();
  };
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
      await shells.close();
      await docker('start', id);
      await awake(exec);
    },
    stop: async () => {
      await shells.close();
      await docker('rm', '-f', '-v', id);
      await docker('volume', 'rm', disk);
    },
  };
}

let subnet: Promise<string> | undefined;

/**
 * Runs a container on an address of its own that it keeps over a power cycle: one of those that the engine does not deal out
 * itself. Where the runner cannot reach that, these ports are published on its loopback, on others that stay the same, too, and that
 * the system does not deal out. Another suite may have taken either; then others are tried.
 */
async function runWithAddress(
  name: string,
  ports: readonly number[],
  args: readonly string[],
): Promise<{ id: string; address: string; at: Ways['at'] }> {
  subnet ??= docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', labName);
  const network = await subnet;
  for (;;) {
    const address = network.replace(/\d+\/\d+$/, String(3 + Math.floor(Math.random() * 120)));
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const at = (port: number): Place => {
      const index = ports.indexOf(port);
      if (index === -1) throw new Error(`port ${port} of ${name} is not among its ports`);
      return mode === 'own' ? { host: address, port } : { host: '127.0.0.1', port: first + index };
    };
    try {
      const options = mode === 'own' ? [] : throughLoopback(ports.map((port) => [at(port), port]));
      const id = await docker(
        ...['run', '-d', '--name', name, '--ip', address],
        ...[...options, ...args],
      );
      return { id, address, at };
    } catch (error) {
      await docker('rm', '-f', name);
      const taken = /address already in use|port is already allocated/i;
      if (!(error instanceof Error && taken.test(error.message))) throw error;
    }
  }
}

/** The same as host_args of engine/existing.sh, and the ports. */
function throughLoopback(ports: readonly (readonly [Place, number])[]): string[] {
  return [
    ...['--env', `REGISTRY=${registry.address}`, '--env', `REGISTRY_AT=${labName}-registry`],
    ...['--add-host', 'host.docker.internal:host-gateway'],
    ...ports.flatMap(([{ host, port }, inside]) => ['-p', `${host}:${port}:${inside}`]),
  ];
}

async function awake(exec: Host['exec']): Promise<void> {
  await exec(
    'n=0; until curl -qsf --unix-socket /run/docker.sock http://docker/_ping >/dev/null && pgrep -x sshd >/dev/null; do n=$((n+1)); [ $n -lt 300 ] || { tail -n 20 /var/log/dockerd.log; exit 1; }; sleep 0.1; done',
  );
}

let seeded: Promise<string> | undefined;

/**
 * A disk that holds the base images already. Image layers never change, so on an engine of the lab's own they are linked, not copied, and by
 * root himself; all else is copied.
 */
async function copyOfSeed(volume: string, owner: number): Promise<string> {
  seeded ??= docker('volume', 'ls', '-q', '--filter', `name=${labName}-disk-`);
  const seed = await seeded;
  await docker('volume', 'create', '--label', `${labName}.owner=${owner}`, volume);
  if (mode === 'own') {
    const place = await docker('volume', 'inspect', '-f', '{{.Mountpoint}}', seed);
    await sh('sh', ['-ec', COPY, 'copy', place, `${dirname(dirname(place))}/${volume}/_data`]);
  } else {
    const mounts = ['-v', `${seed}:/from:ro`, '-v', `${volume}:/to`];
    await docker('run', '--rm', ...mounts, 'slipway-lab/redis', 'cp', '-a', '/from/.', '/to');
  }
  return volume;
}

const COPY = `cd "$1" && cp -al overlay2 "$2/" && for f in *; do [ "$f" = overlay2 ] || cp -a "$f" "$2/"; done`;
