import { describe, expect, test } from '@jest/globals';
import type { EnvironmentSettings } from '../../../src/config/read.ts';
import {
  type HostState,
  imagesOf,
  ledgerOf,
  pinned,
  rootOf,
  stateCollector,
} from '../../../src/deploy/host-release.ts';
import { parseLine } from '../../../src/host/protocol.ts';
import { problemOf } from '../kit/support.ts';
import { digest, emptyState, modelOf } from './models.ts';

const settings = (path: string | undefined): EnvironmentSettings => ({
  app: 'shop',
  environment: 'staging',
  hosts: [],
  jump: undefined,
  requiresHost: undefined,
  url: undefined,
  path,
  compose: [],
  services: {},
  proxy: { driver: 'none' },
  migrate: undefined,
  record: undefined,
  requires: undefined,
  ref: undefined,
  scan: {},
  envTemplate: undefined,
  smoke: [],
});

describe('rootOf', () => {
  test.each([
    [undefined, 'slipway/shop/staging'],
    ['/srv/shop', '/srv/shop'],
    ['~/shop', 'shop'],
    ['with spaces', 'with spaces'],
  ])('%j is the folder %s', (path, root) => {
    expect(rootOf(settings(path))).toBe(root);
  });

  test.each(['-rf', '', '~/', '~/-x', '~', '~root/shop', 'a\nb', 'a\0b'])(
    '%j cannot be used',
    (path) => {
      expect(problemOf(() => rootOf(settings(path))).id).toBe('bad-path');
    },
  );
});

test('stateCollector reads what a host reports, and ignores the rest', () => {
  const { read, state } = stateCollector();
  for (const line of [
    'current\tr2\tv2',
    'kept\tr1',
    'kept\tr2',
    'container\tid1\tshop-api-1\tapi\trunning\tprint\tr2\t/srv/shop',
    'container\tid2\tmanual\tdb\texited\t\t\t',
    `image\tx/api:1\tamd64 x/api@${digest('a')}`,
    'port\tedge\tother\t0.0.0.0:443->443/tcp',
    'project\tshop',
    'mount\tdb\t{"Type":"volume","Name":"shop_data","Source":"/v","Destination":"/data","RW":true}',
    'held\t/srv/data\t.',
    'held\t/srv/data\t./a\tb',
    'held\t/srv/data\t?',
    'held\t/srv/none\t.',
    'stranger\tblog\tweb\tx/web:1',
    'pulling\tx/api:1',
    'new\tthing',
  ]) {
    read(parseLine(line));
  }
  expect(state()).toEqual({
    current: { release: 'r2', version: 'v2' },
    kept: ['r1', 'r2'],
    project: 'shop',
    mounts: [{ service: 'db', type: 'volume', name: 'shop_data', source: '/v', target: '/data' }],
    held: new Map([
      ['/srv/data', ['a\tb', '?']],
      ['/srv/none', []],
    ]),
    strangers: [{ project: 'blog', service: 'web', image: 'x/web:1' }],
    containers: [
      {
        id: 'id1',
        name: 'shop-api-1',
        service: 'api',
        state: 'running',
        fingerprint: 'print',
        release: 'r2',
        root: '/srv/shop',
      },
      {
        id: 'id2',
        name: 'manual',
        service: 'db',
        state: 'exited',
        fingerprint: '',
        release: '',
        root: '',
      },
    ],
    taken: [
      { container: 'edge', project: 'other', address: '', first: 443, last: 443, protocol: 'tcp' },
    ],
    images: new Map([['x/api:1', `amd64 x/api@${digest('a')}`]]),
  });
});

test('an empty host has no current release', () => {
  const { read, state } = stateCollector();
  read(parseLine('current\t'));
  expect(state().current).toBeUndefined();
});

describe('pinned', () => {
  const state = (image: string, ...digests: string[]): HostState => ({
    ...emptyState,
    images: new Map([[image, ['amd64', ...digests].join(' ')]]),
  });

  test.each<[string, string[], string]>([
    [`x/api@${digest('a')}`, [], `x/api@${digest('a')}`],
    ['postgres:17', [`postgres@${digest('b')}`], `postgres@${digest('b')}`],
    ['postgres', [`postgres@${digest('b')}`], `postgres@${digest('b')}`],
    [
      'r:5000/x/api:1',
      [`other/api@${digest('a')}`, `r:5000/x/api@${digest('b')}`],
      `r:5000/x/api@${digest('b')}`,
    ],
    ['r:5000/x/api', [`r:5000/x/api@${digest('b')}`], `r:5000/x/api@${digest('b')}`],
    ['docker.io/library/redis:7', [`redis@${digest('b')}`], `redis@${digest('b')}`],
    ['index.docker.io/acme/api', [`acme/api@${digest('b')}`], `acme/api@${digest('b')}`],
    ['library/redis', [`redis@${digest('b')}`], `redis@${digest('b')}`],
    ['r:5000/library/redis', [`redis@${digest('b')}`], 'r:5000/library/redis'],
    ['made-here:1', [], 'made-here:1'],
    ['api:1', [`other/api-v2@${digest('a')}`], 'api:1'],
  ])('%s with %j is %s', (image, digests, reference) => {
    expect(pinned(image, state(image, ...digests))).toBe(reference);
  });
});

test('imagesOf: each once', () => {
  expect(
    imagesOf(modelOf({ a: { image: 'x' }, b: { image: 'y' }, c: { image: 'x' }, d: {} })),
  ).toEqual(['x', 'y']);
});

test('ledgerOf: names and images, as members of a JSON object', () => {
  const text = ledgerOf(modelOf({ a: { image: 'x' } }), { version: 'v"1', commit: 'c' });
  expect(JSON.parse(`{${text}}`)).toEqual({ version: 'v"1', commit: 'c', services: { a: 'x' } });
});
