import { describe, expect, test } from '@jest/globals';
import { chooseRelease, type Wanted } from '../../../src/deploy/rollback.ts';
import type { LedgerEntry } from '../../../src/host/ledger.ts';
import { problemOf } from '../kit/support.ts';

let count = 0;
function entry(release: string, version: string, outcome = 'deployed'): LedgerEntry {
  count += 1;
  const serving = outcome === 'deployed' ? release : 'r0';
  return {
    tx: `t${count}`,
    kind: 'deploy',
    release,
    version,
    outcome,
    serving,
    ended: '2026-11-21T08:36:00Z',
  };
}

const ledger = [
  entry('r1', 'v1'),
  entry('r2', 'v2'),
  entry('r3', 'v3', 'rolled-back'),
  entry('r4', 'v4'),
  entry('r4', 'v4', 'unchanged'),
];
const kept = ['r1', 'r2', 'r3', 'r4'];
const choose = (
  wanted: Wanted,
  current: string | undefined = 'r4',
  on: readonly string[] = kept,
): string => chooseRelease(ledger, on, current, wanted).release;

describe('chooseRelease', () => {
  test('nothing named: the last good one before the current', () => {
    expect(choose({})).toBe('r2');
    expect(choose({}, 'r4', ['r1', 'r4'])).toBe('r1');
  });

  test('a second time: one further back, not the one that was left', () => {
    const back: LedgerEntry = { ...entry('r2', 'v2'), kind: 'rollback' };
    expect(chooseRelease([...ledger, back], kept, 'r2', {}).release).toBe('r1');
  });

  test.each<[Wanted, string]>([
    [{ release: 'r1' }, 'r1'],
    [{ version: 'v1' }, 'r1'],
    [{ release: 'r2', version: 'v2' }, 'r2'],
  ])('%j', (wanted, release) => {
    expect(choose(wanted)).toBe(release);
  });

  test.each<[string, Wanted, string]>([
    ['one that never was good', { release: 'r3' }, 'r3'],
    ['one that nobody knows', { version: 'v9' }, 'v9'],
    ['names that do not belong together', { release: 'r1', version: 'v2' }, 'r1'],
    ['a part of a name', { release: 'r' }, 'r'],
  ])('%s is unknown; the good ones are listed', (_, wanted, value) => {
    expect(problemOf(() => choose(wanted))).toMatchObject({
      id: 'release-unknown',
      value,
      fix: 'Choose one of: v4 (r4), v2 (r2), v1 (r1); or deploy it again.',
    });
  });

  test('one whose files are gone is unknown, too', () => {
    expect(problemOf(() => choose({ version: 'v1' }, 'r4', ['r2', 'r4'])).fix).toBe(
      'Choose one of: v4 (r4), v2 (r2); or deploy it again.',
    );
    expect(problemOf(() => choose({ version: 'v1' }, 'r4', [])).fix).toContain('one of: none;');
  });

  test('the current one is served already', () => {
    expect(problemOf(() => choose({ version: 'v4' }))).toMatchObject({
      id: 'already-current',
      value: 'v4',
    });
  });

  test.each<[string | undefined, string[], string]>([
    ['r4', ['r4', 'r3'], 'r4'],
    [undefined, [], 'nothing was deployed'],
  ])('no earlier one, current %j', (current, on, value) => {
    expect(problemOf(() => chooseRelease(ledger, on, current, {}))).toMatchObject({
      id: 'nothing-to-roll-back',
      value,
    });
  });
});
