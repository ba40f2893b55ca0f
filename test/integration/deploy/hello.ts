import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildImage, fakeCommit, recordOf } from '../../lab/build.ts';
import { registry } from '../../lab/engine.ts';
import type { Host, Ways } from '../../lab/host.ts';
import type { Lab } from '../../lab/lab.ts';
import { runStep, type StepOptions, type StepResult } from '../../runner/runner.ts';

const fixture = resolve(import.meta.dirname, '../../fixtures/hello');

/** Where a host keeps the environment that these tests deploy to. */
export const ROOT = '/home/deploy/slipway/hello/staging';

/** What may be said of one step beyond its inputs. */
type StepExtras = Pick<StepOptions, 'onMain' | 'onLine' | 'env'>;

/** The small system as a user's checkout, with its releases in the lab's registry. */
export interface Hello {
  readonly workspace: string;
  /** Builds a version and writes its record `<version>.json`; each call is a later release than the one before. */
  build(version: string, options?: { broken?: 'unhealthy' | 'crash' }): Promise<void>;
  /** Records a later release of images that were built already. */
  again(version: string, of: string): void;
  read(path: string): string;
  write(path: string, text: string): void;
  /** Replaces a part of a file that must be there. */
  edit(path: string, part: string, by: string): void;
  /** The inputs that every action needs to get onto these hosts. */
  inputs(...hosts: Ways[]): Record<string, string>;
  deploy(
    host: Ways,
    version: string,
    inputs?: Readonly<Record<string, string>>,
    extras?: StepExtras,
  ): Promise<StepResult>;
  rollback(host: Ways, inputs?: Readonly<Record<string, string>>): Promise<StepResult>;
}

/** Its checkout gets that name in the lab's folder; `app` is what its slipway.yml and its records call it. */
export function hello(lab: Lab, name = 'hello', app = 'hello'): Hello {
  const workspace = join(lab.folder, name);
  cpSync(fixture, workspace, { recursive: true });
  const path = (file: string): string => join(workspace, file);
  const read = (file: string): string => readFileSync(path(file), 'utf8');
  const write = (file: string, text: string): void => {
    writeFileSync(path(file), text);
  };
  write('slipway.yml', read('slipway.yml').replace('app: hello', `app: ${app}`));
  let minute = 0;
  const record = (version: string, image: string): void => {
    const created = new Date(Date.UTC(2026, 0, 1, 0, (minute += 1)));
    write(
      `${version}.json`,
      JSON.stringify(recordOf(app, fakeCommit(version), { web: image }, created)),
    );
  };
  const inputs = (...hosts: Ways[]): Record<string, string> => ({
    environment: 'staging',
    host: hosts.map(({ target }) => target).join('\n'),
    'ssh-key': lab.login.privateKey,
    'ssh-known-hosts': hosts.map(({ knownHosts }) => knownHosts).join('\n'),
    'registry-username': registry.username,
    'registry-password': registry.password,
    'drain-timeout': '2s',
  });
  return {
    workspace,
    read,
    write,
    inputs,
    build: async (version, { broken } = {}) => {
      const buildArgs: Record<string, string> = broken === undefined ? {} : { BROKEN: broken };
      record(
        version,
        await buildImage({
          app: 'hello',
          service: 'web',
          folder: workspace,
          commit: fakeCommit(version),
          buildArgs,
        }),
      );
    },
    again: (version, of) => {
      const { services } = JSON.parse(read(`${of}.json`)) as {
        services: { web: { image: string } };
      };
      record(version, services.web.image);
    },
    edit: (file, part, by) => {
      const text = read(file);
      if (!text.includes(part)) throw new Error(`${file} does not hold ${part}`);
      write(
        file,
        text.replace(part, () => by),
      );
    },
    deploy: (host, version, more = {}, extras = {}) =>
      runStep({
        action: 'actions/ssh-deploy',
        workspace,
        inputs: { ...inputs(host), release: `${version}.json`, version, env: helloEnv(), ...more },
        ...extras,
      }),
    rollback: (host, more = {}) =>
      runStep({ action: 'actions/rollback', workspace, inputs: { ...inputs(host), ...more } }),
  };
}

/**
 * The environment of a release, with other or further values. Health is asked for by the release itself, at once; each of Docker's own questions is a
 * process of node.
 */
export function helloEnv(extra: Readonly<Record<string, string>> = {}): string {
  const values = {
    GREETING: 'hello',
    BOOT_MS: '50',
    HEALTH_INTERVAL: '30s',
    NGINX_IMAGE: `${registry.address}/base/nginx:1`,
    ...extra,
  };
  return Object.entries(values).map(([name, value]) => `${name}=${value}`).join('\n'); // prettier-ignore
}

/** Id of the one container of a service. */
export async function containerOf(host: Host, service: string): Promise<string> {
  const ids = await host.exec(
    `docker ps -q --no-trunc --filter label=com.docker.compose.service=${service}`,
  );
  if (!/^[0-9a-f]{64}$/.test(ids)) throw new Error(`not one container of ${service}: ${ids}`);
  return ids;
}

/** Everything that a step which changes nothing must leave as it was. */
export function stateOf(host: Host, root = ROOT): Promise<string> {
  return host.exec(
    `docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort
    docker network ls -q --no-trunc | sort
    cd ${root} 2>/dev/null || exit 0
    readlink current; cat history.ndjson; ls -A incoming releases files journal 2>/dev/null; ls -A
    find proxy -type f -exec sha256sum {} +`,
  );
}

/** One line of the ledger. */
export interface Entry {
  readonly kind: string;
  readonly release: string;
  readonly outcome: string;
  readonly serving: string;
  readonly version: string;
  readonly commit: string;
  readonly by?: string;
}

/** The ledger, oldest first. */
export async function ledger(host: Host): Promise<Entry[]> {
  const text = await host.exec(`cat ${ROOT}/history.ndjson`);
  return text.split('\n').map((line) => JSON.parse(line) as Entry);
}

/** What a user gets from the host's port 80. */
export async function get(host: Host, path = '/'): Promise<string> {
  const response = await fetch(host.url(path), {
    signal: AbortSignal.timeout(5_000),
  });
  return `${response.status} ${await response.text()}`;
}
