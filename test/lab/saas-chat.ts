import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readConfig } from '../../src/config/read.ts';
import { readRecord } from '../../src/release/record.ts';
import { buildImage, fakeCommit, recordOf } from './build.ts';
import { registry } from './engine.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { MeterOptions } from './meter.ts';

const example = resolve(import.meta.dirname, '../../examples/saas-chat');

export const authorities = '/etc/ssl/certs/ca-certificates.crt';

/** What the Dockerfiles of the example want to know of this machine. */
export const buildSecrets = existsSync(authorities) ? { ca: authorities } : {};

/** How a version of the example may be broken; see its Dockerfiles. */
type Broken = 'unhealthy' | 'crash';

/** The example as a user's checkout; its images go to the lab's registry, and come from base images there. */
export interface SaasChat {
  readonly workspace: string;
  /** Builds a version with plain docker: all services, or one and the rest as in `base`. Its record is `<version>.json`. */
  build(
    version: string,
    options?: { broken?: Broken; only?: string; base?: string },
  ): Promise<void>;
  /** Writes a record whose images are another one's: what a stale build or an overwritten tag gives. */
  mislabel(file: string, from: { record: string; images: string }): void;
  /** The inputs that every action needs to get onto this host. */
  inputs(host: Host, environment: string): Record<string, string>;
  /** Load through nginx -> chat -> auth with new and kept connections, and a WebSocket. */
  load(host: Host, perSecond: number): MeterOptions;
}

export function saasChat(lab: Lab): SaasChat {
  const workspace = join(lab.folder, 'saas-chat');
  mkdirSync(workspace);
  cpSync(example, workspace, {
    recursive: true,
    filter: (source) => !source.endsWith('node_modules'),
  });
  const place = join(workspace, 'slipway.yml');
  const base = `args: { NODE_IMAGE: '${registry.address}/base/node:24' }`;
  const own = `${registry.address}/${basename(lab.folder).toLowerCase()}`;
  const text = readFileSync(place, 'utf8').replaceAll('ghcr.io/acme/saas-chat', own);
  writeFileSync(place, text.replaceAll(/^( +)image: .*$/gm, `$&\n$1${base}`));
  return {
    workspace,
    build: async (version, { broken, only, base: earlier } = {}) => {
      const commit = fakeCommit(version);
      const { services } = readConfig('slipway.yml', workspace);
      const built = await Promise.all(
        Object.entries(services)
          .filter(([service]) => only === undefined || service === only)
          .map(async ([service, { dockerfile = '' }]) => {
            const buildArgs = { VERSION: version, ...(broken !== undefined && { BROKEN: broken }) };
            const what = { app: 'saas-chat', service, folder: workspace, dockerfile, commit };
            return [service, await buildImage({ ...what, buildArgs, secrets: buildSecrets })];
          }),
      );
      const record = recordOf(
        'saas-chat',
        commit,
        Object.fromEntries(built) as Record<string, string>,
      );
      const kept = earlier === undefined ? {} : readRecord(`${earlier}.json`, workspace).services;
      writeFileSync(
        join(workspace, `${version}.json`),
        JSON.stringify({ ...record, services: { ...kept, ...record.services } }),
      );
    },
    mislabel: (file, { record, images }) => {
      const right = readRecord(record, workspace);
      const services = Object.entries(readRecord(images, workspace).services).map(
        ([name, { image }]) => [name, { image, revision: right.commit }],
      );
      writeFileSync(
        join(workspace, file),
        JSON.stringify({ ...right, services: Object.fromEntries(services) as unknown }),
      );
    },
    inputs: (host, environment) => ({
      environment,
      host: host.target,
      'ssh-key': lab.login.privateKey,
      'ssh-known-hosts': host.knownHosts,
      'registry-username': registry.username,
      'registry-password': registry.password,
    }),
    load: (host, perSecond) => ({
      streams: [
        {
          url: host.url('/chat/whoami'),
          perSecond: perSecond / 2,
          connections: 'keep-alive',
        },
        {
          url: host.url('/chat/whoami?fresh=1'),
          perSecond: perSecond / 2,
          connections: 'fresh',
        },
      ],
      webSocket: host.url('/chat/ws').replace('http', 'ws'),
    }),
  };
}

/** The environment of a release in the lab. */
export function releaseEnv(extra: Readonly<Record<string, string>> = {}): string {
  const values = {
    SESSION_SECRET: 'a-session-secret-of-the-lab',
    NGINX_IMAGE: `${registry.address}/base/nginx:1`,
    REDIS_IMAGE: `${registry.address}/base/redis:7`,
    ...extra,
  };
  return Object.entries(values).map(([name, value]) => `${name}=${value}`).join('\n'); // prettier-ignore
}
