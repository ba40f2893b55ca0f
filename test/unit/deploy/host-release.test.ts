import { describe, expect, test } from '@jest/globals';
import type { EnvironmentSettings } from '../../../src/config/read.ts';
import { imagesOf, ledgerOf, pinned, rootOf } from '../../../src/deploy/host-release.ts';
import type { HostState } from '../../../src/deploy/host-state.ts';
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
