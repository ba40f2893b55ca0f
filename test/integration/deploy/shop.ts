import { cpSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildImage, fakeCommit, recordOf } from '../../lab/build.ts';
import { docker, registry } from '../../lab/engine.ts';
import type { Host } from '../../lab/host.ts';
import type { Lab } from '../../lab/lab.ts';
import { runStep, type StepOptions, type StepResult } from '../../runner/runner.ts';

const fixture = resolve(import.meta.dirname, '../../fixtures/shop');

/** Where somebody once put the project on the host, as root. */
export const BY_HAND = '/srv/shop';

/** A web application, a database and a volume, as a user's checkout; nothing of it is made for Slipway. */
export interface Shop {
  readonly workspace: string;
  /** Builds a version and writes its record; each is later than the one before. Gives back the image. */
  build(version: string, options?: { broken?: 'crash' }): Promise<string>;
  /** Starts it as people do: the files on the host, and `docker compose up`. */
  startByHand(host: Host, image: string): Promise<void>;
  deploy(
    host: Host,
    version: string,
    inputs?: Record<string, string>,
    onLine?: StepOptions['onLine'],
  ): Promise<StepResult>;
}

export function shop(lab: Lab): Shop {
  const workspace = join(lab.folder, 'shop');
  cpSync(fixture, workspace, { recursive: true });
  const images = {
    NGINX_IMAGE: `${registry.address}/base/nginx:1`,
    REDIS_IMAGE: `${registry.address}/base/redis:7`,
  };
  let minute = 0;
  return {
    workspace,
    build: async (version, { broken } = {}) => {
      const commit = fakeCommit(version);
      const folder = join(workspace, 'web');
      const buildArgs: Record<string, string> = broken === undefined ? {} : { BROKEN: broken };
      const web = await buildImage({ app: 'shop', service: 'web', folder, commit, buildArgs });
      const created = new Date(Date.UTC(2026, 0, 1, 0, (minute += 1)));
      const record = recordOf('shop', commit, { web }, created);
      writeFileSync(join(workspace, `${version}.json`), JSON.stringify(record));
      return web;
    },
    startByHand: async (host, image) => {
      await host.exec(`mkdir ${BY_HAND}`);
      await docker('cp', `${fixture}/.`, `${host.name}:${BY_HAND}`);
      const { username, password, address } = registry;
      const env = Object.entries({ ...images, WEB_IMAGE: image }).map(([name, value]) => `${name}=${value}`); // prettier-ignore
      await host.exec(
        `docker login -u ${username} --password-stdin ${address} && docker pull -q ${image}`,
        password,
      );
      await host.exec(
        // Without Slipway the proxy names a port, and there is nothing of Slipway's to include.
        `cd ${BY_HAND} && sed -i '/slipway/d; s|http://web;|http://web:3000;|' proxy/default.conf && rm slipway.yml &&
        printf '%s\\n' ${env.join(' ')} >.env && docker compose up -d --wait --no-build`,
      );
    },
    deploy: (host, version, more = {}, onLine) =>
      runStep({
        action: 'actions/ssh-deploy',
        workspace,
        inputs: {
          environment: 'production',
          host: host.target,
          'ssh-key': lab.login.privateKey,
          'ssh-known-hosts': host.knownHosts,
          'registry-username': registry.username,
          'registry-password': registry.password,
          release: `${version}.json`,
          version,
          env: Object.entries(images).map(([name, value]) => `${name}=${value}`).join('\n'), // prettier-ignore
          ...more,
        },
        ...(onLine && { onLine }),
      }),
  };
}
