import { describe, expect, test } from '@jest/globals';
import { judge, type Verdict } from '../../../../src/scan/policy/gate.ts';
import { parseIgnores } from '../../../../src/scan/policy/ignore.ts';
import { unusedIgnores } from '../../../../src/scan/policy/image.ts';
import type { Report } from '../../../../src/scan/report/parse.ts';
import { finding, scan, strict } from '../report/scene.ts';

function verdictOf(
  more: Partial<Report>,
  settings: Partial<typeof strict> = {},
): Verdict | undefined {
  const base = scan([]);
  return judge(
    [{ ...base, report: { ...base.report, ...more } }],
    { ...strict, ...settings },
    [],
    undefined,
  )[0];
}
const old = { family: 'debian', name: '10.13', endOfLife: true };
const image = { size: 900e6, user: 'app', digest: undefined };

describe('an image as a whole', () => {
  test('passes when nothing is wrong with it', () => {
    expect(verdictOf({})).toMatchObject({ passed: true, policy: [] });
  });

  test.each([
    ['fail', false, 1],
    ['warn', true, 1],
    ['ignore', true, 0],
  ] as const)('a distribution without updates: %s', (endOfLife, passed, found) => {
    const verdict = verdictOf({ os: old }, { endOfLife });
    expect(verdict?.passed).toBe(passed);
    expect(verdict?.policy).toHaveLength(found);
    if (found > 0)
      expect(verdict?.policy[0]?.message).toContain('debian 10.13 gets no more updates');
  });

  test.each(['', 'root', '0', '0:0', 'root:root', 'root:1000', '0:app', '00', ' root '])(
    'user %j is root',
    (user) => {
      expect(verdictOf({ image: { ...image, user } })?.policy).toMatchObject([
        { rule: 'root', say: 'fail' },
      ]);
      expect(verdictOf({ image: { ...image, user } }, { root: 'ignore' })?.policy).toEqual([]);
      expect(verdictOf({ image: { ...image, user } }, { root: 'warn' })?.passed).toBe(true);
    },
  );

  test.each(['app', '1000', '1000:0', 'rooted', 'app:root', '10'])('user %j is not', (user) => {
    expect(verdictOf({ image: { ...image, user } })?.policy).toEqual([]);
  });

  test.each<[number | undefined, number | undefined, boolean]>([
    [900e6, 500e6, false],
    [500e6, 500e6, true],
    [900e6, undefined, true],
    [undefined, 500e6, true],
  ])('%s bytes with a limit of %s', (size, maxSize, passed) => {
    const verdict = verdictOf({ image: { ...image, size } }, { maxSize });
    expect(verdict?.passed).toBe(passed);
    if (!passed)
      expect(verdict?.policy[0]?.message).toContain('900.0 MB unpacked, 500.0 MB are allowed');
  });

  test('what is no image is not held to an image', () => {
    expect(verdictOf({ image: undefined, os: undefined }, { maxSize: 1 })?.policy).toEqual([]);
  });
});

test('entries that mean nothing that was found are told, expired or not', () => {
  const ignores = parseIgnores(
    [
      'vulnerabilities:',
      '  - { id: CVE-2026-1, statement: used }',
      '  - { id: CVE-2025-9, statement: gone, expired_at: 2025-12-31 }',
      'secrets:',
      '  - { id: CVE-2026-1, statement: another kind }',
    ].join('\n'),
    '.trivyignore.yaml',
    Date.parse('2026-11-21'),
  );
  const unused = unusedIgnores(ignores, [scan([]).report, scan([finding()]).report]);
  expect(unused.map(({ statement, where }) => [statement, where])).toEqual([
    ['gone', '.trivyignore.yaml:3'],
    ['another kind', '.trivyignore.yaml:5'],
  ]);
});
