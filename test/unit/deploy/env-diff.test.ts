import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { environmentChanges, environmentPrints } from '../../../src/deploy/env-diff.ts';
import { type Model, parseModel } from '../../../src/deploy/model.ts';

type Environment = Record<string, string | null>;

function modelOf(services: Record<string, Environment>): Model {
  const all = Object.entries(services).map(([name, environment]) => [name, { image: 'x', environment }]);
  return parseModel(JSON.stringify({ name: 'shop', services: Object.fromEntries(all) as object }));
} // prettier-ignore

test('names that came, went or changed, services with the same change together', () => {
  const before = environmentPrints(
    modelOf({
      web: { A: '1', B: '2', C: '3' },
      worker: { B: '2' },
      db: { X: '1' },
      gone: { Y: '1' },
    }),
  );
  const after = modelOf({ web: { A: '1', B: '4', D: '5', E: null }, worker: { B: '4' }, other: { B: '4' }, db: { X: '1' }, fresh: { Z: '1' } }); // prettier-ignore
  expect(environmentChanges(before, after)).toEqual([
    'web: added D, E; removed C; changed B',
    'worker: changed B',
  ]);
  const same = modelOf({ worker: { B: '4' }, web: { A: '1', B: '4', C: '3' } });
  expect(environmentChanges(before, same)).toEqual(['worker, web: changed B']);
});

test('nothing is said of a first release, or of one without prints', () => {
  expect(environmentChanges(undefined, modelOf({ web: { A: '1' } }))).toEqual([]);
});

test('hostile names are names', () => {
  const names = { constructor: '1', __proto__x: '2', 'a\tb': '3' };
  const before = environmentPrints(modelOf({ web: {}, constructor: {} }));
  expect(
    environmentChanges(before, modelOf({ web: names, constructor: {}, toString: {} })),
  ).toEqual(['web: added __proto__x, a\tb, constructor']);
});

test('a print tells neither the value nor that two values are the same', () => {
  const model = modelOf({ web: { A: 'hunter2', B: 'hunter2' }, api: { A: 'hunter2' } });
  const [one, two] = [environmentPrints(model), environmentPrints(model)];
  const all = [one, two].flatMap(({ services }) => Object.values(services).flatMap((names) => Object.values(names))); // prettier-ignore
  expect(new Set(all).size).toBe(6);
  expect(JSON.stringify([one, two])).not.toContain('hunter2');
});

test('what was kept finds exactly the names whose values differ', () => {
  // A model that has the first of these names is refused; the second is how Compose prints a $.
  const name = fc.string().filter((text) => text !== '__proto__' && !text.includes('$$'));
  const environment = fc.dictionary(name, fc.string(), { maxKeys: 6 });
  fc.assert(
    fc.property(environment, environment, (was, is) => {
      const kept = JSON.parse(JSON.stringify(environmentPrints(modelOf({ web: was })))) as never;
      const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
      const differ = names.filter(
        (one) => !Object.hasOwn(was, one) || !Object.hasOwn(is, one) || was[one] !== is[one],
      );
      const said = environmentChanges(kept, modelOf({ web: is }));
      expect(said).toHaveLength(differ.length > 0 ? 1 : 0);
      for (const one of differ) expect(said[0]).toContain(one);
    }),
  );
});
