import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finalCompose, fingerprint, type Routing } from '../../../src/deploy/compose.ts';
import { FINGERPRINT } from '../../../src/deploy/labels.ts';
import type { Model, Service } from '../../../src/deploy/model.ts';
import { folderWith } from '../kit/support.ts';
import { digest, modelOf } from './models.ts';

// The fingerprint (compose.ts) decides what is left alone and what is replaced.

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, item]) => [key, shuffled(item)])); // prettier-ignore
}

describe('fingerprint', () => {
  test('does not depend on the order of keys, at any depth', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(fingerprint(shuffled(value))).toBe(fingerprint(value));
      }),
      { numRuns: 500 },
    );
  });

  test('depends on every value and on the order of lists', () => {
    const values = [
      {},
      [],
      null,
      '',
      0,
      { a: 1 },
      { a: '1' },
      { a: [1, 2] },
      { a: [2, 1] },
      { a: { b: 1 } },
      { b: { a: 1 } },
      { a: null },
    ];
    expect(new Set(values.map(fingerprint)).size).toBe(values.length);
  });

  test('what is undefined is not there', () => {
    expect(fingerprint({ a: 1, b: undefined })).toBe(fingerprint({ a: 1 }));
  });
});

describe('the fingerprint of a service', () => {
  const routing: Routing = { proxy: 'nginx', ports: { api: 3000 } };
  const root = '/srv/shop';
  let workspace: string;
  beforeEach(() => {
    workspace = folderWith({
      'app.conf': 'a',
      'nginx/default.conf': 'server {}',
      'config.txt': 'c',
    });
  });

  const bind = (tx: string, path: string): NonNullable<Service['volumes']> => [
    { type: 'bind', source: `${root}/incoming/${tx}/src/${path}`, target: '/x', read_only: true },
  ];
  const model = (tx: string, api: Partial<Service> = {}, config = 'config.txt'): Model =>
    modelOf(
      {
        api: {
          environment: { A: '1' },
          networks: { default: null },
          volumes: bind(tx, 'app.conf'),
          configs: [{ source: 'c', target: '/c' }],
          ...api,
        },
        nginx: { networks: { default: null }, volumes: bind(tx, 'nginx') },
      },
      { configs: { c: { file: `${root}/incoming/${tx}/src/${config}` }, other: { content: 'x' } } },
    );
  const prints = (
    one: Model,
    tx: string,
    image = digest('a'),
  ): Record<string, string | undefined> => {
    const images = new Map([['api', `x@${image}`], ['nginx', 'nginx']]); // prettier-ignore
    const final = finalCompose(
      one,
      images,
      routing,
      { root, source: `${root}/incoming/${tx}/src`, kept: { binds: {}, volumes: {} } },
      workspace,
    );
    return Object.fromEntries(
      Object.entries(final.model.services).map(([name, { labels }]) => [
        name,
        labels?.[FINGERPRINT],
      ]),
    );
  };

  test('is the same for the same release at another time', () => {
    const first = prints(model('t1'), 't1');
    expect(first.api).toMatch(/^[0-9a-f]{64}$/);
    expect(prints(model('t2'), 't2')).toEqual(first);
  });

  test('is the same whether its image was built here or not', () => {
    expect(prints(model('t1', { build: { context: '/incoming/t1' } }), 't1')).toEqual(
      prints(model('t1'), 't1'),
    );
  });

  test('is the same whatever Compose shall watch on the machine of a developer', () => {
    const watching = (tx: string): Model =>
      model(tx, { develop: { watch: [{ path: `${root}/incoming/${tx}/src/api` }] } });
    expect(prints(watching('t1'), 't1')).toEqual(prints(watching('t2'), 't2'));
  });

  test.each<[string, Partial<Service>]>([
    ['an environment variable', { environment: { A: '2' } }],
    ['a limit', { deploy: { resources: { limits: { memory: '1G' } } } }],
    ['a label', { labels: { a: 'b' } }],
    ['a network', { networks: { default: null, back: null } }],
    ['fewer mounts', { volumes: [] }],
    ['a key that Slipway knows nothing of', { privileged: true }],
    ['the command', { command: ['x'] }],
  ])('changes with %s, and the neighbour stays', (_, change) => {
    const before = prints(model('t1'), 't1');
    const after = prints(model('t1', change), 't1');
    expect(after.api).not.toBe(before.api);
    expect(after.nginx).toBe(before.nginx);
  });

  test('changes with the image', () => {
    expect(prints(model('t1'), 't1', digest('b')).api).not.toBe(prints(model('t1'), 't1').api);
  });

  test('changes with the content of a file that it mounts, or of a config that it uses', () => {
    const before = prints(model('t1'), 't1');
    writeFileSync(join(workspace, 'app.conf'), 'b');
    const mounted = prints(model('t1'), 't1');
    expect(mounted.api).not.toBe(before.api);
    writeFileSync(join(workspace, 'config.txt'), 'd');
    expect(prints(model('t1'), 't1').api).not.toBe(mounted.api);
    expect(mounted.nginx).toBe(before.nginx);
  });

  test('stays when only a config changes that it does not use', () => {
    const changed = model('t1');
    const configs = { ...changed.configs, other: { content: 'y' } };
    expect(prints({ ...changed, configs }, 't1')).toEqual(prints(model('t1'), 't1'));
  });

  test('of the proxy stays when its configuration changes: that is reloaded in place', () => {
    const before = prints(model('t1'), 't1');
    writeFileSync(join(workspace, 'nginx/default.conf'), 'server { listen 81; }');
    expect(prints(model('t1'), 't1')).toEqual(before);
  });

  test('of the proxy changes when it must answer for another name', () => {
    const alias = { networks: { default: { aliases: ['another'] } } };
    expect(prints(model('t1', alias), 't1').nginx).not.toBe(prints(model('t1'), 't1').nginx);
  });
});
