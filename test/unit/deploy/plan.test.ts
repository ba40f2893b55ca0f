import { describe, expect, test } from '@jest/globals';
import type { Routing } from '../../../src/deploy/compose.ts';
import type { Model, Service } from '../../../src/deploy/model.ts';
import {
  type Container,
  dependencyLevels,
  plan,
  type PlanInput,
  startFirstObstacle,
  type Step,
} from '../../../src/deploy/plan.ts';
import { problemOf } from '../kit/support.ts';
import { container, modelOf, service } from './models.ts';

function planOf(
  model: Model,
  containers: readonly Container[],
  more: Partial<PlanInput> = {},
): readonly Step[] {
  return plan({
    model,
    containers,
    byHand: containers.filter(({ release }) => release === ''),
    routing: undefined,
    built: [],
    migrate: undefined,
    ran: {},
    kind: 'deploy',
    ...more,
  }).steps;
}

/** What happens to the one service `api` that these containers have. */
function step(
  wanted: Service,
  containers: readonly Container[],
  more: Partial<PlanInput> = {},
): string {
  const [first] = planOf(modelOf({ api: wanted }), containers, more);
  return `${first?.action ?? ''}, ${first?.reason ?? ''}`;
}

describe('one service', () => {
  const api = container('api');
  const proxy: Routing = { proxy: 'api', ports: {} };

  test.each<[string, Service, Container[], string]>([
    ['nothing runs', service(), [], 'start-first, new'],
    ['the same runs', service(), [api], 'keep, unchanged'],
    ['another runs', service({}, 'other'), [api], 'start-first, changed'],
    ['it has stopped', service(), [{ ...api, state: 'exited' }], 'start-first, not running'],
    ['it restarts', service(), [{ ...api, state: 'restarting' }], 'start-first, not running'],
    ['it is paused', service(), [{ ...api, state: 'paused' }], 'start-first, not running'],
    ['one is missing', service({ scale: 3 }), [api, api], 'start-first, 2 of 3 containers'],
    ['one too many', service(), [api, api], 'start-first, 2 of 1 containers'],
    [
      'replicas win over scale',
      service({ deploy: { replicas: 2 }, scale: 1 }),
      [api, api],
      'keep, unchanged',
    ],
    [
      'somebody else made it',
      service(),
      [{ ...api, fingerprint: '' }],
      'start-first, started by hand',
    ],
    [
      'one of two is old',
      service({ scale: 2 }),
      [api, { ...api, fingerprint: 'old' }],
      'start-first, changed',
    ],
    [
      'not managed comes first',
      service({}, 'other'),
      [api, { ...api, fingerprint: '', state: 'exited' }],
      'start-first, started by hand',
    ],
    ['none wanted, none there', service({ scale: 0 }), [], 'keep, unchanged'],
    ['only others run', service(), [container('web')], 'start-first, new'],
  ])('%s', (_, wanted, containers, said) => {
    expect(step(wanted, containers)).toBe(said);
  });

  test.each<[string, Partial<Service>, string]>([
    [
      'container_name',
      { container_name: 'shop-api' },
      'container_name: shop-api can exist only once',
    ],
    ['a published port', { ports: [{ target: 80, published: '8080' }] }, 'it publishes port 8080'],
    ['network_mode', { network_mode: 'host', networks: undefined }, 'network_mode: host'],
    [
      'a fixed address',
      { networks: { default: null, back: { ipv4_address: '10.0.0.9' } } },
      'it has a fixed address',
    ],
    [
      'a fixed IPv6 address',
      { networks: { default: null, back: { ipv6_address: 'fd00::5' } } },
      'it has a fixed address',
    ],
    [
      'the order',
      { deploy: { update_config: { order: 'stop-first' } } },
      'deploy.update_config.order says so',
    ],
    [
      'a volume',
      { volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
      'it writes to /data (if two may share it, say deploy.update_config.order: start-first)',
    ],
    [
      'a bind',
      { volumes: [{ type: 'bind', source: '/srv', target: '/srv', read_only: false }] },
      'it writes to /srv (if two may share it, say deploy.update_config.order: start-first)',
    ],
    [
      'a volume without target',
      { volumes: [{ type: 'volume' }] },
      'it writes to a volume (if two may share it, say deploy.update_config.order: start-first)',
    ],
  ])('two cannot run side by side: %s', (_, more, obstacle) => {
    expect(startFirstObstacle(service(more))).toBe(obstacle);
    expect(step(service(more, 'other'), [api])).toBe(`stop-first, changed; ${obstacle}`);
    // Where nothing runs, nothing has to stop; it is still not made beside another.
    expect(step(service(more), [])).toBe('stop-first, new');
    expect(step(service(more), [api])).toBe('keep, unchanged');
  });

  test.each<[string, Partial<Service>]>([
    ['nothing', {}],
    [
      'a port that is not published',
      { ports: [{ target: 80 }, { target: 81, published: '' }, { target: 82, published: '0' }] },
    ],
    [
      'a read-only volume',
      { volumes: [{ type: 'volume', source: 'x', target: '/x', read_only: true }] },
    ],
    [
      'a read-only bind',
      { volumes: [{ type: 'bind', source: '/x', target: '/x', read_only: true }] },
    ],
    ['memory', { volumes: [{ type: 'tmpfs', target: '/tmp' }] }],
    [
      'a volume that two may share',
      {
        volumes: [{ type: 'volume', source: 'x', target: '/x' }],
        deploy: { update_config: { order: 'start-first' } },
      },
    ],
    ['a network with settings', { networks: { default: { aliases: ['a'] } } }],
    ['no networks at all', { networks: undefined }],
  ])('two can run side by side: %s', (_, more) => {
    expect(startFirstObstacle(service(more))).toBeUndefined();
    expect(step(service(more, 'other'), [api])).toBe('start-first, changed');
  });

  test('what is impossible wins over a wish: start-first does not free a port', () => {
    const wish = { deploy: { update_config: { order: 'start-first' } } };
    expect(startFirstObstacle(service({ ...wish, container_name: 'x' }))).toContain(
      'container_name',
    );
    expect(startFirstObstacle(service({ ...wish, ports: [{ published: '80' }] }))).toBe(
      'it publishes port 80',
    );
  });

  test('the proxy is never made twice, and reloaded in place when it stays', () => {
    expect(startFirstObstacle(service(), true)).toBe('it is the proxy');
    expect(step(service({}, 'other'), [api], { routing: proxy })).toBe(
      'stop-first, changed; it is the proxy',
    );
    expect(
      step(service({ ports: [{ published: '443' }] }, 'other'), [api], { routing: proxy }),
    ).toBe('stop-first, changed; it publishes port 443');
    expect(step(service(), [api], { routing: proxy })).toBe(
      'keep, unchanged, its configuration is reloaded in place',
    );
  });
});

describe('several services', () => {
  test('what is no longer in the Compose file is removed, once, and last', () => {
    const containers = [container('api'), container('old'), container('old')];
    expect(
      planOf(modelOf({ api: service() }), containers).map(({ service: name, action, reason }) => [
        name,
        action,
        reason,
      ]),
    ).toEqual([
      ['api', 'keep', 'unchanged'],
      ['old', 'remove', 'no longer in the Compose file'],
    ]);
  });

  test('what Slipway did not make, it does not remove', () => {
    expect(
      planOf(modelOf({ api: service() }), [container('api'), container('manual', { release: '' })]),
    ).toHaveLength(1);
  });

  const needs = (...names: string[]): Partial<Service> => ({
    depends_on: Object.fromEntries(names.map((name) => [name, { condition: 'service_healthy' }])),
  });

  test('levels follow depends_on, whatever the order in the file', () => {
    const model = modelOf({
      web: service(needs('api', 'cache')),
      api: service(needs('db')),
      cache: service(),
      db: service(),
      odd: service(needs('not-there')),
    });
    expect(Object.fromEntries(dependencyLevels(model))).toEqual({
      db: 0,
      api: 1,
      cache: 0,
      web: 2,
      odd: 0,
    });
    expect(planOf(model, []).map(({ service: name, level }) => `${level} ${name}`)).toEqual([
      '0 cache',
      '0 db',
      '0 odd',
      '1 api',
      '2 web',
    ]);
  });

  test('replicas are told for each', () => {
    const steps = planOf(modelOf({ a: service({ deploy: { replicas: 3 } }), b: service() }), []);
    expect(steps.map(({ replicas }) => replicas)).toEqual([3, 1]);
  });

  test('the same input gives the same plan', () => {
    const model = modelOf({ b: service(), a: service(needs('b')), c: service({}, 'x') });
    const containers = [container('a'), container('c')];
    expect(planOf(model, containers)).toEqual(
      planOf(structuredClone(model), structuredClone(containers)),
    );
  });
});

describe('one-shot services', () => {
  const model = modelOf({
    api: service({ depends_on: { seed: { condition: 'service_completed_successfully' } } }, 'new'),
    seed: service(),
    migrate: service({}, 'new'),
  });
  const of = (name: string, steps: readonly Step[]): Step | undefined =>
    steps.find((one) => one.service === name);

  test('are what slipway.yml names, and what another waits for to complete', () => {
    const steps = planOf(model, [], { migrate: 'migrate' });
    for (const name of ['seed', 'migrate']) {
      expect(of(name, steps)).toMatchObject({
        action: 'one-shot',
        replicas: 0,
        reason: 'runs before what depends on it',
      });
    }
    expect(of('api', steps)).toMatchObject({ action: 'start-first', level: 1 });
  });

  test('do not run when nothing changes, neither others nor themselves', () => {
    const { seed = service() } = model.services;
    const unchanged = modelOf({ api: service({ depends_on: { seed: {} } }), seed });
    const containers = [container('api'), container('seed', { state: 'exited' })];
    const ran = { seed: 'same' };
    const steps = planOf(unchanged, containers, { migrate: 'seed', ran });
    expect(of('seed', steps)).toMatchObject({
      action: 'keep',
      reason: 'one-shot, nothing changed',
    });
    const other = planOf(unchanged, containers, { migrate: 'seed', ran: { seed: 'other' } });
    expect(of('seed', other)).toMatchObject({ action: 'one-shot' });
  });

  test('never run on the way back: an old migration knows nothing of a newer schema', () => {
    const steps = planOf(model, [container('api')], { migrate: 'migrate', kind: 'rollback' });
    expect(steps.filter(({ action }) => action === 'one-shot')).toEqual([]);
    expect(of('migrate', steps)).toMatchObject({
      action: 'keep',
      reason: 'one-shot, not run on the way back',
    });
    expect(of('api', steps)).toMatchObject({ action: 'start-first', reason: 'changed' });
  });

  test('a migration that does not exist is an error', () => {
    expect(problemOf(() => planOf(model, [], { migrate: 'migrations' }))).toMatchObject({
      id: 'migrate-unknown',
      value: 'migrations',
      fix: 'Name one of: api, seed, migrate',
    });
  });
});
