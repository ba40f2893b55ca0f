import { beforeEach, describe, expect, test } from '@jest/globals';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  aliasesOn,
  chooseImages,
  type FinalCompose,
  finalCompose,
  GENERATED,
  repositoryOf,
  type Routing,
} from '../../../src/deploy/compose.ts';
import { labelled } from '../../../src/deploy/labels.ts';
import type { Model, Service } from '../../../src/deploy/model.ts';
import { folderWith, problemOf } from '../kit/support.ts';
import { digest, modelOf, recordOf } from './models.ts';

const root = '/home/deploy/slipway/shop/staging';
const source = `${root}/incoming/tx1/src`;
const place = { root, source, kept: { binds: {}, volumes: {} } };

describe('repositoryOf', () => {
  test.each([
    ['nginx', 'nginx'],
    ['nginx:1.29', 'nginx'],
    ['ghcr.io/acme/auth:1@sha256:abc', 'ghcr.io/acme/auth'],
    ['localhost:5000/auth', 'localhost:5000/auth'],
    ['localhost:5000/auth:v1', 'localhost:5000/auth'],
    ['', ''],
  ])('%j is in %j', (image, repository) => {
    expect(repositoryOf(image)).toBe(repository);
  });
});

describe('chooseImages', () => {
  const auth = `ghcr.io/acme/auth@${digest('a')}`;
  const chat = `ghcr.io/acme/chat@${digest('c')}`;
  const record = recordOf({ auth, chat });
  const chosen = (services: Record<string, Service>): Record<string, string> =>
    Object.fromEntries(chooseImages(modelOf(services), record));

  test.each<[string, string, Service, string]>([
    ['by its name', 'auth', { build: {} }, auth],
    ['by its name, whatever the file says', 'auth', { image: 'elsewhere/auth:1' }, auth],
    ['by the repository of its image', 'worker', { image: 'ghcr.io/acme/chat:latest' }, chat],
    [
      'by its repository, though it is built',
      'worker',
      { build: {}, image: 'ghcr.io/acme/chat' },
      chat,
    ],
    ['as the file says', 'db', { image: 'postgres:17' }, 'postgres:17'],
    ['as the file says: a name that JavaScript knows', 'constructor', { image: 'x:1' }, 'x:1'],
  ])('%s', (_, name, service, image) => {
    expect(chosen({ [name]: service })).toEqual({ [name]: image });
  });

  test.each<[string, Service]>([
    ['built, not recorded', { build: {} }],
    ['built under another name', { build: {}, image: 'ghcr.io/acme/other:1' }],
    ['neither built nor named', {}],
  ])('%s: an error names the service', (_, service) => {
    const problem = problemOf(() => chosen({ auth: {}, web: service }));
    expect(problem).toMatchObject({ id: 'image-not-recorded', value: 'web' });
    expect(problem.fix).toContain('Build web before the release');
  });
});

describe('mounts', () => {
  let workspace: string;
  beforeEach(() => {
    workspace = folderWith({
      'conf/app.conf': 'a=1\n',
      'conf/same.conf': 'a=1\n',
      'site/index.html': '<p>',
      'site/css/a.css': 'p{}',
      'nginx/default.conf': 'server {}',
      'secret.txt': 's3cret',
    });
  });

  const bind = (
    path: string,
    target = '/x',
    more = {},
  ): NonNullable<Service['volumes']>[number] => ({
    type: 'bind',
    source: path.startsWith('/') ? path : join(source, path),
    target,
    ...more,
  });
  const finish = (
    services: Record<string, Service>,
    routing?: Routing,
    more: Partial<Model> = {},
  ): FinalCompose => finalCompose(modelOf(services, more), new Map(), routing, place, workspace);
  const mounted = (
    path: string,
  ): { source: string | undefined; entries: FinalCompose['entries'] } => {
    const { model, entries } = finish({ api: { volumes: [bind(path)] } });
    return { source: model.services.api?.volumes?.[0]?.source, entries };
  };

  test('a file of the repository lies under its content', () => {
    const { source: placed, entries } = mounted('conf/app.conf');
    expect(placed).toMatch(/^\/home\/deploy\/slipway\/shop\/staging\/files\/[0-9a-f]{64}$/);
    expect(entries).toEqual([
      { path: placed?.slice(root.length + 1), content: Buffer.from('a=1\n'), mode: 0o644 },
    ]);
  });

  test('the same content has the same place, another content another', () => {
    expect(mounted('conf/same.conf').source).toBe(mounted('conf/app.conf').source);
    expect(mounted('secret.txt').source).not.toBe(mounted('conf/app.conf').source);
    const both = finish({
      a: { volumes: [bind('conf/app.conf')] },
      b: { volumes: [bind('conf/same.conf')] },
    });
    expect(both.entries).toHaveLength(1);
  });

  test('a folder comes with everything in it', () => {
    const { source: placed, entries } = mounted('site');
    const base = placed?.slice(root.length + 1) ?? '';
    expect(entries.map(({ path }) => path)).toEqual([
      `${base}/`,
      `${base}/css/`,
      `${base}/css/a.css`,
      `${base}/index.html`,
    ]);
  });

  test('what is not in the repository is data, at a stable place', () => {
    expect(mounted('data/uploads')).toEqual({ source: `${root}/shared/data/uploads`, entries: [] });
  });

  test('a folder of the host and a volume stay as they are', () => {
    const volumes = [
      bind('/var/run/docker.sock'),
      { type: 'volume', source: 'data', target: '/data' },
      { type: 'tmpfs', target: '/t' },
    ];
    const { model, entries } = finish({ api: { volumes } });
    expect(model.services.api?.volumes).toEqual(volumes);
    expect(entries).toEqual([]);
  });

  test.each(['.', '../conf', '../../other'])('%s is refused', (path) => {
    expect(problemOf(() => mounted(path)).id).toBe('mount-outside');
  });

  test.each(['.', '../conf', '../../other/x'])('%s is named as it was written', (path) => {
    expect(problemOf(() => mounted(path)).value).toBe(path);
  });

  test('a link out of the workspace is refused, also deep in a folder', () => {
    symlinkSync('/etc/hostname', join(workspace, 'site/css/link'));
    expect(problemOf(() => mounted('site')).id).toBe('path-outside-workspace');
    expect(problemOf(() => mounted('site/css/link')).id).toBe('path-outside-workspace');
  });

  test('configs and secrets from files lie under their content, too', () => {
    const { model, entries } = finish(
      { api: { configs: [{ source: 'c' }], secrets: [{ source: 's' }] } },
      undefined,
      {
        configs: { c: { file: join(source, 'conf/app.conf') }, inline: { content: 'x' } },
        secrets: { s: { file: join(source, 'secret.txt') }, outer: { name: 'x', external: true } },
      },
    );
    expect(model.configs?.c?.file).toMatch(/\/files\/[0-9a-f]{64}$/);
    expect(model.secrets?.s?.file).toMatch(/\/files\/[0-9a-f]{64}$/);
    expect(model.configs?.inline).toEqual({ content: 'x' });
    expect(model.secrets?.outer).toEqual({ name: 'x', external: true });
    expect(entries.map(({ content }) => String(content)).sort()).toEqual(['a=1\n', 's3cret']);
  });

  describe('of the proxy', () => {
    const routing: Routing = { proxy: 'nginx', ports: { api: 3000, web: 80 } };
    const generated = {
      type: 'bind',
      source: `${root}/proxy/upstreams`,
      target: GENERATED,
      read_only: true,
    };

    test('lie at a stable place: the container is not recreated for them', () => {
      const volumes = [
        bind('nginx', '/etc/nginx/conf.d'),
        bind('conf/app.conf', '/a'),
        bind('certs', '/certs'),
      ];
      const { model, entries } = finish({ nginx: { volumes }, api: {}, web: {} }, routing);
      expect(model.services.nginx?.volumes).toEqual([
        { type: 'bind', source: `${root}/proxy/files/nginx`, target: '/etc/nginx/conf.d' },
        { type: 'bind', source: `${root}/proxy/files/conf/app.conf`, target: '/a' },
        { type: 'bind', source: `${root}/shared/certs`, target: '/certs' },
        generated,
      ]);
      expect(entries.map(({ path }) => path)).toEqual([
        'release/proxy/nginx/',
        'release/proxy/nginx/default.conf',
        'release/proxy/conf/app.conf',
      ]);
    });

    test('the mount for generated files takes the place of one with the same target', () => {
      const { model } = finish(
        { nginx: { volumes: [bind('nginx', GENERATED)] }, api: {}, web: {} },
        routing,
      );
      expect(model.services.nginx?.volumes).toEqual([generated]);
    });

    test('the same file in another service has a place of its own there', () => {
      const { model, entries } = finish(
        { nginx: { volumes: [bind('conf')] }, api: { volumes: [bind('conf')] }, web: {} },
        routing,
      );
      expect(model.services.api?.volumes?.[0]?.source).toMatch(/\/files\/[0-9a-f]{64}$/);
      expect(entries).toHaveLength(6);
    });

    test('it answers for the names of what it routes to, on the networks that they share', () => {
      const { model } = finish(
        {
          nginx: { networks: { front: { aliases: ['edge'] }, admin: null } },
          api: { networks: { front: { aliases: ['api-v1'] }, back: { aliases: ['hidden'] } } },
          web: { networks: { front: null, admin: null } },
          db: { networks: { front: null } },
        },
        routing,
      );
      expect(model.services.nginx?.networks).toEqual({
        front: { aliases: ['api', 'api-v1', 'edge', 'web'] },
        admin: { aliases: ['web'] },
      });
      expect(model.services.api?.networks).toEqual({
        front: { aliases: ['api-v1'] },
        back: { aliases: ['hidden'] },
      });
    });

    test('without routing it is a service like any other', () => {
      const { model } = finish({ nginx: { volumes: [bind('nginx')], networks: { front: null } } });
      expect(model.services.nginx?.volumes?.[0]?.source).toMatch(/\/files\/[0-9a-f]{64}$/);
      expect(model.services.nginx?.networks).toEqual({ front: null });
    });
  });
});

test('what was kept of a project stays: paths, and volumes without a name unless there is one by now', () => {
  const kept = { binds: { data: '/srv/shop/data', nginx: '/srv/shop/nginx' }, volumes: { db: { '/x': 'v1', '/y': 'v2' } } }; // prettier-ignore
  const { model, entries } = finalCompose(
    modelOf({
      db: {
        volumes: [
          { type: 'bind', source: join(source, 'data'), target: '/data' },
          { type: 'bind', source: join(source, 'nginx'), target: '/conf' },
          { type: 'volume', target: '/x' },
          { type: 'volume', source: 'y', target: '/y' },
        ],
      },
    }),
    new Map(),
    undefined,
    { ...place, kept },
    folderWith({ nginx: 'x' }),
  );
  const [key = ''] = Object.keys(model.volumes ?? {});
  expect(model.volumes).toEqual({ [key]: { name: 'v1', external: true } });
  expect(model.services.db?.volumes).toEqual([
    { type: 'bind', source: '/srv/shop/data', target: '/data' },
    { type: 'bind', source: '/srv/shop/nginx', target: '/conf' },
    { type: 'volume', source: 'y', target: '/y' },
    { type: 'volume', source: key, target: '/x' },
  ]);
  expect(entries).toEqual([]);
});

test('a path is known with its $, which Compose prints and reads twice', () => {
  const there = { ...place, root: '/home/$USER/x', source: '/home/$USER/x/src' };
  const model = modelOf({
    nginx: { volumes: [{ type: 'bind', source: '/home/$$USER/x/src/a$$b', target: '/b' }], networks: { default: null } },
    web: { volumes: [{ type: 'bind', source: '/home/$$USER/x/src/data$$', target: '/d' }] },
  }); // prettier-ignore
  const routing = { proxy: 'nginx', ports: {} };
  const final = finalCompose(model, new Map(), routing, there, folderWith({ a$b: 'x' }));
  const sources = Object.values(final.model.services).flatMap(({ volumes = [] }) => volumes.map((one) => one.source)); // prettier-ignore
  expect(sources).toEqual([
    '/home/$$USER/x/proxy/files/a$$b',
    '/home/$$USER/x/proxy/upstreams',
    '/home/$$USER/x/shared/data$$',
  ]);
});

test('labelled: every service says which release made it, and nothing else changes', () => {
  const model = modelOf({ a: { labels: { x: 'y' }, image: 'i' }, b: {} });
  const labels = {
    'slipway.release': 'r1',
    'slipway.environment': 'shop/staging',
    'slipway.root': '/srv/shop',
  };
  expect(labelled(model, 'r1', 'shop/staging', '/srv/shop')).toEqual({
    name: model.name,
    services: {
      a: { image: 'i', labels: { x: 'y', ...labels } },
      b: { labels },
    },
  });
});

test('aliasesOn: its own name first, then those of this network', () => {
  const model = modelOf({ a: { networks: { n: { aliases: ['x', 'y'] }, m: null } } });
  expect(aliasesOn('a', model, 'n')).toEqual(['a', 'x', 'y']);
  expect(aliasesOn('a', model, 'm')).toEqual(['a']);
});
