import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from '../../../src/host/protocol.ts';
import { EXIT_CODES, gravest, sentence, UNPROVEN } from '../../../src/deploy/outcome.ts';

const v1 = 'v1 (r1)';
const why = 'api: unhealthy';

describe('sentence', () => {
  test.each<[Outcome, string | undefined, string | undefined, string]>([
    ['deployed', v1, undefined, 'v2 is deployed: production serves v1 (r1).'],
    ['unchanged', v1, undefined, 'v2 changes nothing: production serves v1 (r1).'],
    [
      'aborted',
      v1,
      why,
      'v2 was not deployed (api: unhealthy): production serves v1 (r1), as before.',
    ],
    [
      'rolled-back',
      v1,
      why,
      'v2 was taken back (api: unhealthy): production serves v1 (r1) again.',
    ],
    ['rolled-back', v1, undefined, 'v2 was taken back: production serves v1 (r1) again.'],
    [
      'locked',
      v1,
      why,
      'v2 was not deployed, another release is under way: production serves v1 (r1).',
    ],
    [
      'superseded',
      v1,
      why,
      'v2 was not deployed, it is older than what runs: production serves v1 (r1).',
    ],
    [
      'rollback-failed',
      v1,
      why,
      'v2 failed (api: unhealthy) and could not be taken back: look at production now.',
    ],
    [
      'unknown',
      undefined,
      why,
      'The outcome of v2 is unknown (api: unhealthy): the host finishes or undoes it by itself.',
    ],
  ])('%s, serving %s, because of %s', (outcome, serving, because, said) => {
    expect(sentence(outcome, 'v2', 'production', serving, because)).toBe(said);
  });

  test('a first release that did not come about', () => {
    expect(sentence('rolled-back', 'v1', 'staging', null, why)).toBe(
      'v1 was taken back (api: unhealthy): staging serves nothing yet.',
    );
    expect(sentence('aborted', 'v1', 'staging', null, why)).toContain('staging serves nothing yet');
  });
});

describe('exit codes', () => {
  test('only what is good is 0; 1 stays for errors of the step itself', () => {
    expect(EXIT_CODES).toEqual({
      deployed: 0,
      unchanged: 0,
      aborted: 10,
      'rolled-back': 11,
      locked: 12,
      superseded: 13,
      'rollback-failed': 14,
      unknown: 15,
    });
    expect(UNPROVEN).toBe(16);
  });

  test('each bad end has one of its own', () => {
    const bad = [...Object.values(EXIT_CODES), UNPROVEN].filter((code) => code !== 0);
    expect(new Set(bad).size).toBe(bad.length);
  });
});

describe('gravest', () => {
  test.each<[Outcome[], Outcome]>([
    [['deployed'], 'deployed'],
    [['unchanged', 'unchanged'], 'unchanged'],
    [['unchanged', 'deployed'], 'deployed'],
    [['deployed', 'aborted'], 'aborted'],
    [['rolled-back', 'aborted'], 'rolled-back'],
    [['rolled-back', 'unknown'], 'unknown'],
    [['rollback-failed', 'unknown', 'deployed'], 'rollback-failed'],
    [['locked', 'deployed'], 'locked'],
  ])('of %j is %s', (outcomes, worst) => {
    expect(gravest(outcomes)).toBe(worst);
  });

  test('is one of them, whatever their order, and good only when all are', () => {
    const outcome = fc.constantFrom(...(Object.keys(EXIT_CODES) as Outcome[]));
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1 }), (outcomes) => {
        const worst = gravest(outcomes);
        expect(outcomes).toContain(worst);
        expect(gravest(outcomes.toReversed())).toBe(worst);
        expect(EXIT_CODES[worst] === 0).toBe(outcomes.every((one) => EXIT_CODES[one] === 0));
      }),
    );
  });
});
