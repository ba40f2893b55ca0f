import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ReleaseRecord } from '../../src/release/record.ts';
import { engineEnv, registry, sh } from './engine.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { MeterOptions } from './meter.ts';

const example = resolve(import.meta.dirname, '../../examples/saas-chat');
const authorities = '/etc/ssl/certs/ca-certificates.crt';

/** How a version of the example may be broken; see its Dockerfiles. */
type Broken = 'unhealthy' | 'crash' | 'lying';

/** The example as a user's checkout, with its releases built in the lab's registry. */
export interface SaasChat {
  readonly workspace: string;
  /** Builds a version with the example's own script; its record is `<version>.json` in the workspace. */
  build(
    version: string,
    options?: { broken?: Broken; only?: string; base?: string },
  ): Promise<string>;
  /** Writes the record of a version whose images are another one's: what a stale build or an overwritten tag gives. */
  mislabel(version: string, from: { record: string; images: string }): void;
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
  return {
    workspace,
    build: async (version, { broken, only, base } = {}) => {
      const args = [
        '--registry', registry.address, '--version', version, '--out', join(workspace, `${version}.json`),
        '--revision', createHash('sha1').update(version).digest('hex'),
        '--build-arg', 'NODE_IMAGE=slipway-lab/node:24',
        ...(existsSync(authorities) ? ['--secret', `id=ca,src=${authorities}`] : []),
        ...(broken === undefined ? [] : ['--build-arg', `BROKEN=${broken}`]),
        ...(only === undefined ? [] : ['--only', only, '--base', join(workspace, `${base ?? ''}.json`)]),
      ]; // prettier-ignore
      await sh('sh', [join(workspace, 'build-release.sh'), ...args], { env: engineEnv });
      return `${version}.json`;
    },
    mislabel: (version, { record, images }) => {
      const read = (name: string): ReleaseRecord =>
        JSON.parse(readFileSync(join(workspace, `${name}.json`), 'utf8')) as ReleaseRecord;
      const own = read(record);
      const services = Object.entries(read(images).services).map(([name, { image }]) => [
        name,
        { image, revision: own.commit },
      ]);
      writeFileSync(
        join(workspace, `${version}.json`),
        JSON.stringify({ ...own, services: Object.fromEntries(services) as unknown }),
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
          url: `http://${host.address}/chat/whoami`,
          perSecond: perSecond / 2,
          connections: 'keep-alive',
        },
        {
          url: `http://${host.address}/chat/whoami?fresh=1`,
          perSecond: perSecond / 2,
          connections: 'fresh',
        },
      ],
      webSocket: `ws://${host.address}/chat/ws`,
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
