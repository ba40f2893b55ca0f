import { describe, expect, test } from '@jest/globals';
import { adopt, type Kept, type Mount, startedByHand } from '../../../src/deploy/adopt.ts';
import type { HostState } from '../../../src/deploy/host-state.ts';
import type { Model, Service } from '../../../src/deploy/model.ts';
import { folderWith, problemOf } from '../kit/support.ts';
import { container, emptyState, modelOf, service } from './models.ts';

const SOURCE = '/root/incoming/t/src';
const workspace = folderWith({
  'conf/nginx.conf': 'x',
  'public/index.html': 'x',
  'public/js/app.js': 'x',
});
const UNNAMED = 'ab'.repeat(32);

const mount = (more: Partial<Mount>): Mount => ({
  service: 'db',
  type: more.name === undefined ? 'bind' : 'volume',
  name: '',
  source: '/srv/shop/data',
  target: '/data',
  ...more,
});
const byHand = (name: string): HostState['containers'][number] =>
  container(name, { release: '', fingerprint: '' });
const stateOf = (mounts: readonly Mount[], more: Partial<HostState> = {}): HostState => ({
  ...emptyState,
  containers: [byHand('db'), byHand('web')],
  mounts,
  ...more,
});
const kept = (model: Model, state: HostState): Kept =>
  adopt(model, state, SOURCE, workspace, new Map(), 'host').kept;
const says = (model: Model, state: HostState): readonly string[] =>
  adopt(model, state, SOURCE, workspace, new Map(), 'host').lines;
const db = (...volumes: NonNullable<Service['volumes']>): Model => modelOf({ db: service({ volumes }) }); // prettier-ignore
const bind = (path: string, target = '/data'): NonNullable<Service['volumes']>[number] => ({
  type: 'bind',
  source: path.startsWith('/') ? path : `${SOURCE}/${path}`,
  target,
});

test('started by hand is what no release made; without a ledger everything is', () => {
  const [made, hand] = [container('a'), byHand('b')];
  const current = { release: 'r0', version: 'v0' };
  expect(startedByHand({ ...emptyState, current, containers: [made, hand] })).toEqual([hand]);
  expect(startedByHand({ ...emptyState, containers: [made, hand] })).toEqual([made, hand]);
});

describe('a relative path', () => {
  test.each<[string, string, Record<string, readonly string[]>, boolean]>([
    ['is not in the repository', 'data', {}, true],
    ['is a file of the repository', 'conf/nginx.conf', {}, false],
    ['is a folder of the repository that the container may not write to', 'public', {}, false],
    ['the same, and it may, but did not', 'public', { '/srv/shop/data': ['index.html'] }, false],
    ['the same, and it did', 'public', { '/srv/shop/data': ['index.html', 'js/app.js', 'up/load'] }, true],
    ['the same, and nobody can see whether', 'public', { '/srv/shop/data': ['?'] }, true],
    ['the same, and there is more than is told', 'public', { '/srv/shop/data': Array(1000).fill('index.html') }, true],
  ])('that %s', (_, path, held, stays) => {
    const state = stateOf([mount({})], { held: new Map(Object.entries(held)) });
    expect(kept(db(bind(path)), state).binds).toEqual(stays ? { [path]: '/srv/shop/data' } : {});
  }); // prettier-ignore

  test('of a secret or a config that is on the host alone', () => {
    const model = modelOf(
      {
        db: service({
          secrets: [{ source: 'key' }],
          configs: [{ source: 'conf', target: '/etc/db.conf' }],
        }),
      },
      { secrets: { key: { file: `${SOURCE}/db/key` } }, configs: { conf: { file: `${SOURCE}/db.conf` } } }, // prettier-ignore
    );
    const state = stateOf([
      mount({ target: '/run/secrets/key', source: '/srv/shop/db/key' }),
      mount({ target: '/etc/db.conf', source: '/srv/shop/db.conf' }),
    ]);
    expect(kept(model, state).binds).toEqual({
      'db/key': '/srv/shop/db/key',
      'db.conf': '/srv/shop/db.conf',
    });
  });
});

describe('a volume', () => {
  const named: Model = {
    ...db({ type: 'volume', source: 'data', target: '/data' }),
    volumes: { data: { name: 'shop_data' } },
  };

  test('by its name is told and needs no more', () => {
    const state = stateOf([mount({ name: 'shop_data' })]);
    expect(kept(named, state)).toEqual({ binds: {}, volumes: {} });
    expect(says(named, state)).toContain('db: /data stays the volume shop_data');
  });

  test.each<[string, NonNullable<Service['volumes']>]>([
    ['the image', []],
    ['the Compose file, without a name', [{ type: 'volume', target: '/data' }]],
  ])('that %s asked for is kept by the name that Docker gave it', (_, volumes) => {
    const state = stateOf([mount({ name: UNNAMED })]);
    expect(kept(db(...volumes), state).volumes).toEqual({ db: { '/data': UNNAMED } });
  });

  test('one for each of several containers cannot be kept, and is told', () => {
    const state = stateOf([mount({ name: UNNAMED })], { containers: [byHand('db'), byHand('db')] });
    expect(kept(db(), state).volumes).toEqual({});
    expect(says(db(), state).at(-1)).toContain('they stay on the host, unused');
  });

  test.each<[string, Model, Mount, string]>([
    ['another volume', named, mount({ name: 'old_data' }), 'db: /data is old_data and would be shop_data'],
    ['nothing', db(), mount({ name: 'old_data' }), 'db: /data is old_data and would be nothing'],
    ['a folder', db(bind('/srv/new')), mount({ name: 'old_data' }), 'db: /data is old_data and would be /srv/new'],
    ['instead of a folder with files', named, mount({}), 'db: /data is /srv/shop/data and would be shop_data'],
  ])('where the Compose file has %s: refused', (_, model, one, value) => {
    const state = stateOf([one], { held: new Map([['/srv/shop/data', ['a']]]) });
    const problem = problemOf(() => kept(model, state));
    expect(problem).toMatchObject({ id: 'adoption-leaves-data', value });
  }); // prettier-ignore
});

test('an absolute folder that stays is told; one that held nothing may go; other services are left alone', () => {
  expect(says(db(bind('/srv/shop/data')), stateOf([mount({})]))).toContain('db: /data stays /srv/shop/data'); // prettier-ignore
  const empty = stateOf([mount({}), mount({ service: 'gone' })], { held: new Map([['/srv/shop/data', []]]) }); // prettier-ignore
  expect(kept(db(), empty)).toEqual({ binds: {}, volumes: {} });
  expect(says(db(), empty)).toEqual([
    'The project shop-staging is taken over: shop-staging-db-1',
    'shop-staging-web-1 is not in the Compose file, and stays as it is',
  ]);
});

test('what was kept once stays so in every later release', () => {
  const before: Kept = { binds: { data: '/srv/shop/data' }, volumes: { db: { '/x': UNNAMED } } };
  const facts = { built: [], fingerprints: {}, version: 'v1', commit: 'c', kept: before };
  expect(kept(db(bind('data')), { ...emptyState, facts })).toEqual(before);
});
