import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildImage, fakeCommit, recordOf } from './build.ts';
import { registry } from './engine.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';

const fixture = resolve(import.meta.dirname, '../fixtures/hello');

/** The smallest system, as a user's checkout: one service behind nginx. */
export interface Hello {
  readonly workspace: string;
  /** Builds a version; its record becomes release.json, or the file that is named. Gives back the image. */
  build(
    version: string,
    options?: { buildArgs?: Record<string, string>; record?: string; created?: Date },
  ): Promise<string>;
  /** The inputs that every action needs to get onto this host, through another address where one is given. */
  inputs(host: Host, via?: { target: string; knownHosts: string }): Record<string, string>;
}

export function hello(lab: Lab, name = 'hello'): Hello {
  const workspace = join(lab.folder, name);
  mkdirSync(workspace);
  cpSync(fixture, workspace, { recursive: true });
  return {
    workspace,
    build: async (
      version,
      { buildArgs = {}, record = 'release.json', created = new Date() } = {},
    ) => {
      const commit = fakeCommit(version);
      const web = await buildImage({
        app: 'hello',
        service: 'web',
        folder: workspace,
        commit,
        buildArgs,
      });
      writeFileSync(
        join(workspace, record),
        JSON.stringify(recordOf('hello', commit, { web }, created)),
      );
      return web;
    },
    inputs: (host, via) => ({
      environment: 'staging',
      host: via?.target ?? host.target,
      'ssh-key': lab.login.privateKey,
      'ssh-known-hosts': via?.knownHosts ?? host.knownHosts,
      'registry-username': registry.username,
      'registry-password': registry.password,
    }),
  };
}

/** The environment of a release of hello in the lab. */
export function helloEnv(extra: Readonly<Record<string, string>> = {}): string {
  return Object.entries({
    GREETING: 'good-morning',
    NGINX_IMAGE: `${registry.address}/base/nginx:1`,
    ...extra,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}
