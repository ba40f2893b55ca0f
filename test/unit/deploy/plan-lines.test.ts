import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Routing } from '../../../src/deploy/compose.ts';
import { plan, type PlanInput, planLines } from '../../../src/deploy/plan.ts';
import { container, modelOf, service } from './models.ts';

describe('planLines', () => {
  const routing: Routing = { proxy: 'nginx', ports: { api: 3000 } };
  const rest = {
    built: ['api'],
    byHand: [],
    migrate: undefined,
    ran: {},
    kind: 'deploy',
  } satisfies Partial<PlanInput>;

  test('is what the host program reads', () => {
    const model = modelOf({
      api: service({ scale: 2 }),
      db: service(),
      nginx: service({ ports: [{ published: '80' }] }),
    });
    const made = plan({ ...rest, model, containers: [container('db'), container('old')], routing });
    expect(planLines(made, routing).split('\n')).toEqual([
      'service\tapi\tstart-first\t0\t2',
      'service\tdb\tkeep\t-\t1',
      'service\tnginx\tstop-first\t0\t1',
      'service\told\tremove\t0\t0',
      'proxy\tnginx',
      'upstream\tapi\t3000',
      '',
    ]);
    const joins = [{ service: 'db', network: 'shop_default', aliases: ['db', 'sql'] }];
    const adopted = [{ service: 'web', name: undefined }, { service: 'db', name: 'shop-db' }]; // prettier-ignore
    expect(planLines({ steps: [], joins, adopted }, undefined).split('\n')).toEqual([
      'adopt\tweb\t-',
      'adopt\tdb\tshop-db',
      'join\tdb\tshop_default\tdb,sql',
      '',
    ]);
  });

  test('no field is empty: the shell would swallow it', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'nginx');
    const network = fc.constantFrom<(string[] | undefined)[]>(undefined, [], ['x'], ['x', 'y']);
    const some = fc.record({
      scale: fc.nat(3),
      networks: fc.dictionary(fc.constantFrom('default', 'back'), network),
      waits: fc.boolean(),
      print: fc.constantFrom('same', 'other'),
    });
    const running = fc.tuple(name, fc.constantFrom('running', 'exited'), fc.constantFrom('', 'r1'));
    fc.assert(
      fc.property(
        fc.dictionary(name, some, { minKeys: 1 }),
        fc.array(running, { maxLength: 5 }),
        fc.boolean(),
        (services, containers, routed) => {
          const model = modelOf(
            Object.fromEntries(
              Object.entries(services).map(([key, { print, scale, networks, waits }]) => [
                key,
                service(
                  {
                    scale,
                    networks: Object.fromEntries(
                      Object.entries(networks).map(([one, aliases]) => [
                        one,
                        aliases ? { aliases } : null,
                      ]),
                    ),
                    depends_on:
                      waits && key !== 'c'
                        ? { c: { condition: 'service_completed_successfully' } }
                        : {},
                  },
                  print,
                ),
              ]),
            ),
          );
          const used = routed && Object.hasOwn(services, 'nginx') ? routing : undefined;
          const own = containers.map(([key, state, release]) => container(key, { state, release }));
          const made = plan({ ...rest, model, containers: own, routing: used });
          const lines = planLines(made, used).trimEnd().split('\n');
          for (const line of lines)
            for (const field of line.split('\t')) expect(field).not.toBe('');
        },
      ),
    );
  });
});
