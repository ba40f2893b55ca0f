import { describe, expect, test } from '@jest/globals';
import { builderOf, type Builder } from '../../../src/build/builder.ts';
import { cacheNotKept, refuseImpossible, type Wishes } from '../../../src/build/plan.ts';
import { problemOf } from '../kit/support.ts';

/** As buildx 0.29 lists them. */
const listing = (...builders: object[]): string =>
  builders.map((one) => JSON.stringify(one)).join('\n');
const SNAPSHOTTER = { 'org.mobyproject.buildkit.worker.snapshotter': 'overlayfs' };
const engine = (labels: object | null): object => ({
  Name: 'default',
  Driver: 'docker',
  Current: true,
  Nodes: [{ Name: 'default', Status: 'running', Labels: labels }],
});
const container = {
  Name: 'builder-1',
  Driver: 'docker-container',
  Current: false,
  Nodes: [{ Name: 'builder-10', Status: 'inactive', Labels: null }],
};

describe('a builder', () => {
  test.each([
    [
      'the current one',
      undefined,
      { name: 'default', driver: 'docker', rich: false, exact: false },
    ],
    [
      'by name',
      'builder-1',
      { name: 'builder-1', driver: 'docker-container', rich: true, exact: true },
    ],
  ])('is found: %s', (_what, name, expected) => {
    expect(builderOf(listing(container, engine({})), name)).toEqual(expected);
  });

  test('of an engine with the containerd image store can do nearly everything', () => {
    expect(builderOf(listing(engine(SNAPSHOTTER)), undefined)).toMatchObject({
      rich: true,
      exact: false,
    });
    expect(builderOf(listing(engine(null)), undefined)).toMatchObject({ rich: false });
  });

  test('that nobody made is refused with those that there are', () => {
    const problem = problemOf(() => builderOf(listing(container, engine({})), 'mine'));
    expect([problem.id, problem.value]).toEqual(['builder-unknown', 'mine']);
    expect(problem.fix).toMatch('builder-1, default');
  });

  test.each([
    ['as a whole', { ...container, Err: 'no way there' }],
    [
      'one node of it',
      { ...container, Nodes: [{ Name: 'a' }, { Name: 'b', Err: 'no way there' }] },
    ],
  ])('that does not answer is refused: %s', (_what, broken) => {
    const problem = problemOf(() => builderOf(listing(broken), 'builder-1'));
    expect(problem.id).toBe('builder-unavailable');
    expect(problem.message).toMatch('no way there');
  });
});

const wishes: Wishes = {
  platforms: [],
  attestation: 'none',
  sbom: 'false',
  cache: 'registry',
  push: true,
  load: false,
};
const plain: Builder = { name: 'default', driver: 'docker', rich: false, exact: false };
const rich: Builder = { name: 'b', driver: 'docker-container', rich: true, exact: true };

describe('what is asked', () => {
  test.each([
    ['one platform', { platforms: ['linux/arm64'] }],
    ['attestations of GitHub', { attestation: 'github' }],
    ['load', { load: true, push: false }],
  ] as const)('can be done by any builder: %s', (_what, change) => {
    expect(() => {
      refuseImpossible({ ...wishes, ...change }, plain);
    }).not.toThrow();
  });

  test.each([
    [
      { platforms: ['linux/amd64', 'linux/arm64'] },
      plain,
      'builder-too-plain',
      'linux/amd64,linux/arm64',
    ],
    [{ attestation: 'buildkit' }, plain, 'builder-too-plain', 'attestation: buildkit'],
    [{ sbom: 'true' }, rich, 'attestation-conflict', 'attestation: none, sbom: true'],
    [
      { attestation: 'github', sbom: 'r/x' },
      rich,
      'attestation-conflict',
      'attestation: github, sbom: r/x',
    ],
    [
      { push: false, load: true, attestation: 'buildkit' },
      rich,
      'load-conflict',
      'attestation: buildkit',
    ],
    [{ push: false, load: true, platforms: ['a/b', 'c/d'] }, rich, 'load-conflict', 'a/b,c/d'],
  ] as const)('cannot be done: %o', (change, builder, id, value) => {
    const problem = problemOf(() => {
      refuseImpossible({ ...wishes, ...change }, builder);
    });
    expect([problem.id, problem.value]).toEqual([id, value]);
  });

  test.each([
    ['registry', rich, {}, undefined],
    ['none', plain, {}, undefined],
    ['registry', plain, {}, /docker\/setup-buildx-action@37fe63/],
    ['gha', rich, {}, /not reachable from this job/],
    ['gha', rich, { ACTIONS_RUNTIME_TOKEN: 'x' }, undefined],
  ] as const)(
    'a cache of the kind %s is kept, or it is said why not',
    (cache, builder, env, why) => {
      const told = cacheNotKept({ ...wishes, cache }, builder, env);
      if (why === undefined) expect(told).toBeUndefined();
      else expect(told).toMatch(why);
    },
  );
});
