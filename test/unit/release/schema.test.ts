import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { formatRecord, parseRecord } from '../../../src/release/record.ts';
import { problemOf } from '../kit/support.ts';
import { imageOf, record } from './parts.ts';

const schema = JSON.parse(readFileSync('schema/release.schema.json', 'utf8')) as object;
const valid = new Ajv({ formats: fullFormats }).compile(schema);

test('the published schema allows what is written', () => {
  const run = 'https://github.com/acme/chat/actions/runs/7';
  expect(valid(JSON.parse(formatRecord({ ...record, run }).toString('utf8')))).toBe(true);
});

test.each([
  { ...record, extra: 1 },
  { ...record, commit: '1a2b3c4' },
  { ...record, services: { api: { image: imageOf('api').replace('@sha256:', ':') } } },
])('it refuses what is not read, case %#', (value) => {
  expect(valid(value)).toBe(false);
  expect(problemOf(() => parseRecord(JSON.stringify(value), 'x')).id).toBe('release-invalid');
});
