import { describe, expect, test } from '@jest/globals';
import { cpSync } from 'node:fs';
import { resolve } from 'node:path';
import { folderWith, problemIn } from '../kit/support.ts';
import { type Files, Repository, SIX } from './repository.ts';

/** `name: dockerfile in context -> image` of each service. */
async function found(files: Files, config?: string): Promise<string[]> {
  const services = await (await Repository.with(files)).services(config);
  return services.map(
    ({ name, dockerfile, context, image }) => `${name}: ${dockerfile} in ${context} -> ${image}`,
  );
}

describe('without slipway.yml and Compose files', () => {
  test('a lone Dockerfile is the repository', async () => {
    expect(await found({ Dockerfile: 'FROM node:24\nCOPY . .\n' })).toEqual([
      'Shop: Dockerfile in . -> ghcr.io/acme/shop',
    ]);
  });

  test('six services, their stacks and their versions', async () => {
    const services = await (await Repository.with(SIX)).services();
    const facts = services.map(({ name, context, stack, versions, manager, image }) => [
      name,
      context,
      stack,
      versions,
      manager,
      image,
    ]);
    const image = (name: string): string => `ghcr.io/acme/shop/${name}`;
    expect(facts).toEqual([
      ['mail', 'services/mail', 'node', { node: '22.11.0', pnpm: '10.1.0' }, 'pnpm', image('mail')],
      ['prices', 'services/prices', 'python', { python: '>=3.13' }, 'uv', image('prices')],
      ['proxy', 'services/proxy', 'docker', {}, undefined, image('proxy')],
      ['reports', 'services/reports', 'python', { python: '3.12' }, 'pip', image('reports')],
      ['search', 'services/search', 'go', { go: '1.24.3' }, undefined, image('search')],
      ['web', '.', 'node', { node: '>=24', pnpm: '10.1.0' }, 'pnpm', image('web')],
    ]);
  });

  test('names of files, and what is not for release', async () => {
    const text = 'FROM scratch\n';
    const files = [
      'Dockerfile.worker',
      'cron.Dockerfile',
      'api/Dockerfile',
      'api/Dockerfile.prod',
      'api/Dockerfile.dev',
      'ui/docker/Dockerfile',
      'my tool/Containerfile',
      'node_modules/x/Dockerfile',
      'api/test/fixtures/y/Dockerfile',
      '.devcontainer/Dockerfile',
      'vendor/z/Dockerfile',
      'api/Dockerfile.dockerignore',
      'src/dockerfile.ts',
    ];
    expect(await found(Object.fromEntries(files.map((file) => [file, text])))).toEqual([
      'api: api/Dockerfile.prod in api -> ghcr.io/acme/shop/api',
      'cron: cron.Dockerfile in . -> ghcr.io/acme/shop/cron',
      'my-tool: my tool/Containerfile in my tool -> ghcr.io/acme/shop/my-tool',
      'ui: ui/docker/Dockerfile in ui/docker -> ghcr.io/acme/shop/ui',
      'worker: Dockerfile.worker in . -> ghcr.io/acme/shop/worker',
    ]);
  });

  test('the context is the folder that holds what is copied', async () => {
    const services = await found({
      'docker/web/Dockerfile': 'FROM x\nCOPY web/package.json web/\nCOPY dist dist\n',
      'web/package.json': '{}',
      'apps/api/build/Dockerfile': 'FROM x\nCOPY src src\n',
      'apps/api/src/main.go': '',
    });
    expect(services).toEqual([
      'api: apps/api/build/Dockerfile in apps/api -> ghcr.io/acme/shop/api',
      'web: docker/web/Dockerfile in . -> ghcr.io/acme/shop/web',
    ]);
  });

  test('files that git does not know are not there', async () => {
    const repository = await Repository.with({ Dockerfile: 'FROM x\n', '.gitignore': 'out\n' });
    await repository.commit({ 'out/Dockerfile': 'FROM y\n' });
    expect((await repository.services()).map(({ name }) => name)).toEqual(['Shop']);
  });

  test.each<[string, Files, string, string]>([
    ['nothing to build', { 'README.md': '' }, 'services-missing', 'Acme/Shop'],
    [
      'two of a name',
      { 'a/api/Dockerfile': 'FROM x\n', 'b/api/Dockerfile': 'FROM x\n' },
      'service-duplicate',
      'api',
    ],
    [
      'images of one name',
      { 'Api/Dockerfile': 'FROM x\n', 'api/Dockerfile': 'FROM x\n' },
      'service-duplicate',
      'ghcr.io/acme/shop/api',
    ],
  ])('%s', async (_, files, id, value) => {
    expect(await problemIn(found(files))).toMatchObject({ id, value });
  });
});

describe('with slipway.yml', () => {
  const files = {
    'a/Dockerfile': 'FROM x\n',
    'b/Dockerfile': 'FROM x\n',
    'b/Dockerfile.slim': 'FROM x\n',
  };
  const compose = 'services: { a: { build: a, image: ghcr.io/x/a }, c: { build: b } }\n';

  test('it says what is built', async () => {
    const services = await (
      await Repository.with(files)
    ).services(`
app: shop
services:
  one: { context: a/, image: docker.io/acme/one:v1, target: prod, args: { X: y }, platforms: linux/arm64, watch: [./proto/], max-size: 5MB }
  two: { context: ., dockerfile: b/Dockerfile.slim, image: acme/two }
  elsewhere: { port: 80 }
  foreign: { image: grafana/grafana, port: 3000 }
`);
    expect(services).toMatchObject([
      {
        name: 'one',
        context: 'a',
        dockerfile: 'a/Dockerfile',
        image: 'docker.io/acme/one',
        target: 'prod',
        args: { X: 'y' },
        platforms: ['linux/arm64'],
        watch: ['proto'],
        maxSize: '5MB',
      },
      { name: 'two', context: '.', dockerfile: 'b/Dockerfile.slim', image: 'docker.io/acme/two' },
    ]);
    expect(services).toHaveLength(2);
  });

  test('Compose fills in what it leaves open; what it does not list is not built', async () => {
    const config = 'app: shop\nservices: { a: { port: 80 }, b: { context: b } }\n';
    expect(await found({ ...files, 'docker-compose.yml': compose }, config)).toEqual([
      'a: a/Dockerfile in a -> ghcr.io/x/a',
      'b: b/Dockerfile in b -> ghcr.io/acme/shop/b',
    ]);
  });

  test('the Compose files that it names, environments included; paths are the first one’s', async () => {
    const config =
      'app: shop\ncompose: deploy/base.yml\nenvironments: { prod: { compose: deploy/prod.yml } }\n';
    const services = await found(
      {
        ...files,
        'deploy/base.yml': 'services: { a: { build: ../a } }\n',
        'deploy/prod.yml': 'services: { b: { build: ../b } }\n',
        'docker-compose.yml': 'services: { never: { build: a } }\n',
      },
      config,
    );
    expect(services.map((line) => line.split(' ->')[0])).toEqual([
      'a: a/Dockerfile in a',
      'b: b/Dockerfile in b',
    ]);
  });

  test('a lone Dockerfile goes by the name of the only service', async () => {
    const config = 'app: shop\nservices: { web: { port: 3000 } }\n';
    expect(await found({ Dockerfile: 'FROM x\n' }, config)).toEqual([
      'web: Dockerfile in . -> ghcr.io/acme/shop',
    ]);
  });

  test('Dockerfiles that it does not list are not for release', async () => {
    const config = 'app: shop\nservices: { b: { port: 3000 } }\n';
    const services = await found(
      { 'a/Dockerfile': 'FROM x\n', 'b/Dockerfile': 'FROM x\n' },
      config,
    );
    expect(services).toEqual(['b: b/Dockerfile in b -> ghcr.io/acme/shop']);
  });

  test.each([
    ['context: ../x', 'context-outside', '../x'],
    ['context: /etc', 'context-outside', '/etc'],
    ['dockerfile: a/../../Dockerfile', 'context-outside', 'a/../../Dockerfile'],
    ['{ context: a, watch: [ ../libs ] }', 'context-outside', '../libs'],
    ['context: c', 'dockerfile-missing', 'c/Dockerfile'],
    ['{ context: a, image: ghcr.io/Acme/x }', 'bad-image', 'ghcr.io/Acme/x'],
  ])('%s is refused', async (service, id, value) => {
    const body = service.startsWith('{') ? service : `{ ${service} }`;
    const problem = await problemIn(found(files, `app: shop\nservices: { a: ${body} }\n`));
    expect(problem).toMatchObject({ id, value });
    expect(problem.message).toContain('slipway.yml');
  });

  test('two services of one image, named', async () => {
    const one = '{ context: a, image: ghcr.io/x/y }';
    const problem = await problemIn(
      found(files, `app: shop\nservices: { p: ${one}, q: ${one} }\n`),
    );
    expect(problem).toMatchObject({ id: 'service-duplicate', value: 'ghcr.io/x/y' });
    expect(problem.message).toContain('services.p');
    expect(problem.message).toContain('services.q');
  });
});

test('the example, with its slipway.yml and by its Compose file alone', async () => {
  const folder = folderWith();
  const example = resolve(import.meta.dirname, '../../../examples/saas-chat');
  cpSync(example, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  const repository = await Repository.with({ 'slipway.yml': null }, folder);
  const services = await repository.services();
  expect(services).toContainEqual(
    expect.objectContaining({
      name: 'auth',
      context: '.',
      dockerfile: 'services/auth/Dockerfile',
      image: 'ghcr.io/acme/saas-chat/auth',
      stack: 'node',
      versions: { node: '>=24' },
      manager: 'npm',
    }),
  );
  await repository.commit({ 'docker-compose.prod.yml': null });
  const bare = (await repository.services()).map(({ name, context }) => `${name} in ${context}`);
  expect(bare).toEqual(services.map(({ name, context }) => `${name} in ${context}`));
});
