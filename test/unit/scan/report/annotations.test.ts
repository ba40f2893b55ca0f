import { describe, expect, test } from '@jest/globals';
import { judge, type Scanned } from '../../../../src/scan/policy/gate.ts';
import { annotationsOf } from '../../../../src/scan/report/annotations.ts';
import type { Locate } from '../../../../src/scan/report/location.ts';
import { finding, misconfiguration, pkg, scan, strict } from './scene.ts';

const dockerfile: Locate = ({ target }) => ({ path: `services/${target}/Dockerfile`, line: 4 });
const all = (scanned: readonly Scanned[], locate = dockerfile, more: Partial<typeof strict> = {}) =>
  annotationsOf(scanned, judge(scanned, { ...strict, ...more }, [], undefined), locate);

describe('annotations', () => {
  test('a package with all its holes is one, at the FROM of its Dockerfile', () => {
    const { shown, note } = all([
      scan([finding({ id: 'CVE-1' }), finding({ id: 'CVE-2', severity: 'critical' })]),
    ]);
    expect(note).toBeUndefined();
    expect(shown).toEqual([
      {
        level: 'error',
        title: 'auth: 1 critical, 1 high',
        message:
          'Update openssl 3.0.15 to 3.0.17. openssl: something is read past its end (CVE-2, CVE-1)',
        at: { path: 'services/auth/Dockerfile', line: 4 },
      },
    ]);
  });

  test('a configuration at its line, an image of others nowhere', () => {
    const { shown } = all(
      [
        scan([misconfiguration()], {
          kind: 'configuration',
          reference: 'deploy',
          target: 'deploy',
        }),
        scan([finding()], { target: 'nginx' }),
      ],
      () => undefined,
    );
    expect(shown.map(({ at }) => at)).toEqual([
      { path: 'deploy/Dockerfile', line: 3, endLine: 3 },
      undefined,
    ]);
  });

  test('the worst first over all targets, then what is wrong with an image, warnings last; ten of them', () => {
    const old = { family: 'debian', name: '10', endOfLife: true };
    const base = scan(
      Array.from({ length: 9 }, (_, at) => finding({ package: pkg(`lib${at}`, '1', '2') })),
    );
    const one = {
      ...base,
      report: { ...base.report, os: old, image: { size: 1, user: '', digest: undefined } },
    };
    const other = scan([finding({ severity: 'critical', package: pkg('zlib', '1', '2') })], {
      target: 'chat',
    });
    const { shown, note } = all([one, other], dockerfile, { root: 'warn' });
    expect(shown).toHaveLength(10);
    expect(shown[0]?.title).toBe('chat: 1 critical');
    expect(note).toBe('10 of 12 shown');

    const few = { ...one, report: { ...one.report, findings: [] } };
    expect(
      all([few], dockerfile, { root: 'warn' }).shown.map(({ level, title }) => [level, title]),
    ).toEqual([
      ['error', 'auth: end-of-life'],
      ['warning', 'auth: root'],
    ]);
  });

  test('what is tolerated is none', () => {
    expect(all([scan([finding({ severity: 'low' })])]).shown).toEqual([]);
  });

  test('GitHub takes 4,096 bytes of one', () => {
    const { shown } = all([scan([finding({ title: '🙂'.repeat(5_000) })])]);
    expect(Buffer.byteLength(shown[0]?.message ?? '')).toBeLessThan(4_096);
  });
});
