import { describe, expect, test } from '@jest/globals';
import type { Verdict } from '../../../src/detect/changes.ts';
import { found } from '../../../src/detect/found.ts';
import { detectSummary, outputsOf, sentenceOf } from '../../../src/detect/report.ts';
import { problemOf } from '../kit/support.ts';

const recorded = { image: `ghcr.io/x/b@sha256:${'0'.repeat(64)}`, revision: 'b'.repeat(40) };

const verdict = (name: string, more: Partial<Verdict['service']> = {}, kept = false): Verdict => ({
  service: {
    ...found(name, name, `${name}/Dockerfile`, 'x'),
    stack: 'node',
    versions: { node: '24' },
    manager: 'npm',
    image: `ghcr.io/x/${name}`,
    ...more,
  },
  recorded: kept ? recorded : undefined,
  reason: kept ? 'unchanged since bbbbbbb' : 'a/x has changed',
});

const plain = (name: string): unknown => ({
  service: name,
  context: name,
  dockerfile: `${name}/Dockerfile`,
  image: `ghcr.io/x/${name}`,
  stack: 'node',
  versions: { node: '24' },
});

describe('outputs', () => {
  test('something to build', () => {
    const full = {
      target: 'prod',
      platforms: ['linux/amd64', 'linux/arm64'],
      args: { A: '1', B: '2' },
      maxSize: '5MB',
    };
    const verdicts = [verdict('a', full), verdict('b', {}, true)];
    const leg = {
      ...(plain('a') as object),
      target: 'prod',
      platforms: 'linux/amd64,linux/arm64',
      'build-args': 'A=1\nB=2',
      'max-size': '5MB',
    };
    expect(outputsOf({ verdicts, base: 'c'.repeat(40) })).toEqual({
      outcome: 'detected',
      any: true,
      base: 'c'.repeat(40),
      matrix: { include: [leg] },
      services: [
        { ...leg, manager: 'npm', build: true, reason: 'a/x has changed' },
        {
          ...(plain('b') as object),
          manager: 'npm',
          build: false,
          reason: 'unchanged since bbbbbbb',
        },
      ],
      unchanged: { b: recorded },
    });
  });

  test('nothing to build', () => {
    expect(outputsOf({ verdicts: [verdict('b', {}, true)], base: undefined })).toMatchObject({
      outcome: 'unchanged',
      any: false,
      base: '',
      matrix: { include: [] },
    });
  });

  test('256 legs and no more', () => {
    const verdicts = Array.from({ length: 257 }, (_, index) => verdict(`s${index}`));
    expect(outputsOf({ verdicts: verdicts.slice(1), base: undefined }).matrix.include).toHaveLength(
      256,
    );
    const problem = problemOf(() => outputsOf({ verdicts, base: undefined }));
    expect(problem).toMatchObject({ id: 'matrix-too-large', value: '257 services' });
  });
});

test.each<[Verdict[], string | undefined, string]>([
  [[verdict('a')], undefined, '1 service to build.'],
  [[verdict('a'), verdict('b')], 'c'.repeat(40), '2 services to build compared with ccccccc.'],
  [
    [verdict('a'), verdict('b', {}, true)],
    'c'.repeat(40),
    '1 service to build and 1 unchanged compared with ccccccc.',
  ],
  [
    [verdict('b', {}, true)],
    'c'.repeat(40),
    'Nothing to build compared with ccccccc: 1 service unchanged.',
  ],
])('sentence %#', (verdicts, base, sentence) => {
  expect(sentenceOf({ verdicts, base })).toBe(sentence);
});

test('the summary takes no markup from names', () => {
  const hostile = verdict('a', { versions: { node: '`24` | <b>' } });
  const [, rows = ''] = detectSummary({
    verdicts: [{ ...hostile, reason: '](http://x) <img> has | changed' }],
    base: undefined,
  });
  expect(rows).toContain(
    '| `a` | node | `` node `24` \\| <b>, npm `` | yes | \\](http://x) \\<img\\> has \\| changed |',
  );
});
