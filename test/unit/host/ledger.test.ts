import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ledgerMembers, parseLedger } from '../../../src/host/ledger.ts';

const entry = {
  tx: '20261121T083500Z-abcdef',
  kind: 'deploy',
  release: '20261121T083400Z-1a2b3c4-01234567',
  outcome: 'deployed',
  serving: '20261121T083400Z-1a2b3c4-01234567',
  ended: '2026-11-21T08:36:00Z',
};
const line = JSON.stringify(entry);

test('a ledger is read in its order', () => {
  const more = { ...entry, kind: 'rollback', version: 'v1', commit: 'c', by: 'me' };
  expect(parseLedger([line, JSON.stringify(more)])).toEqual([entry, more]);
});

test('what a newer version may add does no harm', () => {
  expect(parseLedger([JSON.stringify({ ...entry, services: { api: 'x' }, more: 1 })])).toEqual([
    entry,
  ]);
});

test.each([
  ['torn', line.slice(0, 40)],
  ['empty', ''],
  ['of nothing', 'null'],
  ['without an outcome', JSON.stringify({ ...entry, outcome: undefined })],
  ['of a kind that nobody knows', JSON.stringify({ ...entry, kind: 'dance' })],
])('a line %s is left out', (_, text) => {
  expect(parseLedger([line, text, line])).toEqual([entry, entry]);
});

test('members become one line that completes a JSON object', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string(),
        fc.oneof(fc.string({ unit: 'binary' }), fc.dictionary(fc.string(), fc.string())),
        { minKeys: 1 },
      ),
      (members) => {
        const text = ledgerMembers(members);
        expect(text).not.toMatch(/[\n\r\t]/);
        expect(JSON.parse(`{"tx":"1",${text}}`)).toMatchObject({ ...members });
      },
    ),
  );
});
