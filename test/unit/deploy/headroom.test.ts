import { describe, expect, test } from '@jest/globals';
import { withinMemory } from '../../../src/deploy/headroom.ts';
import { parseModel } from '../../../src/deploy/model.ts';
import type { Container, Plan, Step } from '../../../src/deploy/plan.ts';

const MB = 1e6;
const model = parseModel(
  JSON.stringify({
    name: 'x',
    services: {
      small: { deploy: { resources: { reservations: { memory: String(100 * MB) } } } },
      large: { mem_reservation: String(400 * MB) },
      limited: { deploy: { resources: { limits: { memory: String(9000 * MB) } } } },
    },
  }),
);
const step = (service: string, action: Step['action'] = 'start-first', replicas = 1): Step => ({
  service, action, level: 0, replicas, reason: 'changed',
}); // prettier-ignore
const runs = (...services: string[]): Container[] =>
  services.map((service) => ({ id: service, name: service, service, state: 'running', fingerprint: 'f', release: 'r', root: '' })); // prettier-ignore
const all: Plan = {
  steps: ['large', 'limited', 'small'].map((name) => step(name)),
  joins: [{ service: 'large', network: 'n', aliases: ['large'] }],
  adopted: [],
};
const judged = (freeMb: number | undefined, plan = all, running = runs('small', 'large', 'limited')): Plan =>
  withinMemory(plan, model, running, freeMb === undefined ? undefined : freeMb * MB, 'host'); // prettier-ignore

describe('withinMemory', () => {
  test.each([undefined, 500, 9000])('%p MB free: as planned', (free) => {
    expect(judged(free)).toEqual(all);
  });

  test('the largest stops first when both do not fit', () => {
    const { steps, joins } = judged(499);
    expect(steps.map(({ action }) => action)).toEqual(['stop-first', 'start-first', 'start-first']);
    expect(steps[0]?.reason).toBe(
      'changed; 400.0 MB for a second version do not fit into the 399.0 MB that are free',
    );
    expect(joins).toEqual([]);
  });

  test('all that reserve stop first when nothing fits; a limit is no need', () => {
    expect(judged(99).steps.map(({ action }) => action)).toEqual(['stop-first', 'start-first', 'stop-first']); // prettier-ignore
  });

  test('replicas count', () => {
    const plan = { steps: [step('small', 'start-first', 3)], joins: [], adopted: [] };
    expect(judged(300, plan)).toEqual(plan);
    expect(judged(299, plan).steps[0]?.action).toBe('stop-first');
  });

  test('what is new goes before second versions, and is refused when it does not fit', () => {
    expect(judged(450, all, runs('small', 'limited')).steps.map(({ action }) => action)).toEqual(['start-first', 'start-first', 'stop-first']); // prettier-ignore
    expect(() => judged(399, all, runs('small', 'limited'))).toThrow(
      'host: the host has not enough free memory for what is new in this release.',
    );
  });

  test('a way back is told that it does not fit, and makes what room there is', () => {
    const told: string[] = [];
    const { steps } = withinMemory(all, model, runs('small', 'limited'), 399 * MB, 'host', ({ id }) => told.push(id)); // prettier-ignore
    expect(told).toEqual(['memory-short']);
    expect(steps.map(({ action }) => action)).toEqual(['start-first', 'start-first', 'stop-first']);
  });

  test('what stays, or is stopped first anyway, needs no room', () => {
    const plan = {
      steps: [step('large', 'keep'), step('small', 'stop-first')],
      joins: [],
      adopted: [],
    };
    expect(judged(1, plan)).toEqual(plan);
  });
});
