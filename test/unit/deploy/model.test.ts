import { describe, expect, test } from '@jest/globals';
import { networksOf, parseModel, replicas } from '../../../src/deploy/model.ts';
import { problemOf } from '../kit/support.ts';

const parse = (value: unknown): ReturnType<typeof parseModel> => parseModel(JSON.stringify(value));

describe('parseModel', () => {
  test('a name that would be lost without a word is refused', () => {
    const model = (environment: string): string =>
      `{"name":"x","services":{"web":{"environment":${environment}}}}`;
    const problem = problemOf(() => parseModel(model('{"__proto__":"1"}')));
    expect(problem).toMatchObject({ id: 'compose-invalid', value: '__proto__' });
    const said = JSON.stringify({ A: '"__proto__": 1' });
    expect(parseModel(model(said)).services.web?.environment).toEqual(JSON.parse(said));
  });

  test('keeps what it does not know, at any depth', () => {
    const model = {
      name: 'shop',
      'x-own': { a: 1 },
      services: {
        api: {
          image: 'x',
          command: null,
          networks: { default: null, back: { aliases: ['a'], priority: 7 } },
          ports: [{ mode: 'ingress', target: 80, published: '8080', protocol: 'tcp' }],
          volumes: [{ type: 'bind', source: '/a', target: '/b', bind: { create_host_path: true } }],
          deploy: {
            resources: { limits: { memory: '1' } },
            update_config: { order: 'start-first', parallelism: 2 },
          },
          healthcheck: { test: ['CMD', 'x'], interval: '2s' },
        },
      },
      networks: { default: { name: 'shop_default', ipam: {} }, back: null },
      volumes: { data: { name: 'shop_data' } },
    };
    expect(parse(model)).toEqual(model);
  });

  test('a name with a $, which Compose prints doubled, is as it was; its value is left to Compose', () => {
    const model = (name: string): unknown => ({
      name: 'x',
      services: { web: { labels: { [name]: '$$b' } } },
    });
    expect(parse(model('a$$b'))).toEqual(model('a$b'));
  });

  test.each<[string, unknown, string]>([
    ['no name', { services: {} }, 'name'],
    ['a name that is an option', { name: '-x', services: {} }, 'name'],
    ['a name in capitals', { name: 'Shop', services: {} }, 'name'],
    ['a service that is an option', { name: 'x', services: { '-x': {} } }, 'services.-x'],
    ['a service with a tab', { name: 'x', services: { 'a\tb': {} } }, 'services.a\tb'],
    [
      'a port that is none',
      { name: 'x', services: { a: { ports: [{ target: 'http' }] } } },
      'services.a.ports.0.target',
    ],
    ...['a\nproxy\tx', '-x', 'a,b', '*', ''].flatMap((bad): [string, unknown, string][] => [
      [
        `the alias ${JSON.stringify(bad)}`,
        { name: 'x', services: { a: { networks: { n: { aliases: ['good', bad] } } } } },
        'services.a.networks.n.aliases.1',
      ],
      [
        `the network ${JSON.stringify(bad)}`,
        { name: 'x', services: {}, networks: { n: { name: bad } } },
        'networks.n.name',
      ],
      [
        `the container ${JSON.stringify(bad)}`,
        { name: 'x', services: { a: { container_name: bad } } },
        'services.a.container_name',
      ],
    ]),
    [
      'an image that is an option',
      { name: 'x', services: { a: { image: '--help' } } },
      'services.a.image',
    ],
    [
      'an image of two lines',
      { name: 'x', services: { a: { image: 'a\nb' } } },
      'services.a.image',
    ],
    ['labels as a list', { name: 'x', services: { a: { labels: ['b=c'] } } }, 'services.a.labels'],
  ])('%s is refused', (_, value, path) => {
    const problem = problemOf(() => parse(value));
    expect(problem).toMatchObject({ id: 'compose-invalid', value: path });
    expect(problem.fix).toContain('docker compose config');
  });
});

test.each([
  [{}, 1],
  [{ scale: 3 }, 3],
  [{ scale: 0 }, 0],
  [{ deploy: { replicas: 0 }, scale: 3 }, 0],
  [{ deploy: {}, scale: 2 }, 2],
])('%j has %d containers', (service, count) => {
  expect(replicas(service)).toBe(count);
});

test('networksOf', () => {
  expect(networksOf({ networks: { b: null, a: {} } })).toEqual(['b', 'a']);
  expect(networksOf({})).toEqual([]);
});
