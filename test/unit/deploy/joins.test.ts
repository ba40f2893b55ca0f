import { describe, expect, test } from '@jest/globals';
import type { Routing } from '../../../src/deploy/compose.ts';
import type { Model } from '../../../src/deploy/model.ts';
import { type Join, plan } from '../../../src/deploy/plan.ts';
import { container, modelOf, service } from './models.ts';

// Which names a new container takes itself once it is proven. It is part of the plan (plan.ts) and has rules of its own.

const routing: Routing = { proxy: 'nginx', ports: { api: 3000, web: 8080 } };
const on = (...networks: string[]): ReturnType<typeof service> =>
  service({ networks: Object.fromEntries(networks.map((network) => [network, null])) });

function joins(
  model: Model,
  built: readonly string[],
  used: Routing | undefined = routing,
): readonly Join[] {
  return plan({
    model,
    containers: [container('kept')],
    byHand: [],
    routing: used,
    built,
    migrate: undefined,
    ran: {},
    kind: 'deploy',
  }).joins;
}

describe('the names that new containers take themselves', () => {
  test('a routed service: none where the proxy is, the proxy answers for it', () => {
    const model = modelOf({ nginx: on('default'), api: on('default'), web: on('default') });
    expect(joins(model, ['api', 'web'])).toEqual([]);
  });

  test('a service that is not routed: all', () => {
    const worker = service({ networks: { default: { aliases: ['jobs', 'queue'] }, back: null } });
    const model = modelOf(
      { nginx: on('default'), worker },
      { networks: { default: { name: 'shop_default' }, back: {} } },
    );
    expect(joins(model, ['worker'])).toEqual([
      { service: 'worker', network: 'shop_default', aliases: ['worker', 'jobs', 'queue'] },
      { service: 'worker', network: 'back', aliases: ['worker'] },
    ]);
  });

  test('a routed service off the networks of the proxy: where a caller built here cannot reach the proxy', () => {
    const model = modelOf({ nginx: on('front'), api: on('front', 'back'), worker: on('back') });
    const names = joins(model, ['api', 'worker']).filter(({ service: name }) => name === 'api');
    expect(names).toEqual([{ service: 'api', network: 'back', aliases: ['api'] }]);
  });

  test('a caller that meets the proxy elsewhere does not meet it under this name', () => {
    const model = modelOf({
      nginx: on('front', 'ops'),
      api: on('front', 'back'),
      worker: on('back', 'ops'),
    });
    const names = joins(model, ['api', 'worker']).filter(({ service: name }) => name === 'api');
    expect(names).toEqual([{ service: 'api', network: 'back', aliases: ['api'] }]);
  });

  test('none where every caller reaches the proxy', () => {
    const model = modelOf({
      nginx: on('front'),
      api: on('front', 'back'),
      web: on('front', 'back'),
    });
    expect(joins(model, ['api', 'web'])).toEqual([]);
  });

  test('none for the sake of a database: it calls nobody', () => {
    const model = modelOf({ nginx: on('front'), api: on('front', 'data'), db: on('data') });
    expect(joins(model, ['api']).filter(({ service: name }) => name === 'api')).toEqual([]);
  });

  test('none for what is kept or stops first', () => {
    const stops = service({ networks: { back: null }, container_name: 'x' });
    const model = modelOf({ kept: on('default'), stops });
    expect(joins(model, ['kept', 'stops'], undefined)).toEqual([]);
  });

  test('without a proxy everybody answers for itself', () => {
    const model = modelOf({ api: on('default'), web: on('default') });
    expect(
      joins(model, ['api', 'web'], undefined).map(
        ({ service: name, network }) => `${name} ${network}`,
      ),
    ).toEqual(['api default', 'web default']);
  });
});
