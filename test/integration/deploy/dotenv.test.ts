import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UserError } from '../../../src/kit/errors.ts';
import { parseDotenv, valuesOf } from '../../../src/config/dotenv.ts';
import { BROKEN, NASTY } from '../../unit/config/dotenv-cases.ts';
import { composeValues } from './real-compose.ts';

const SEED = 20_261_121;

/** Our reading, without the name that is none; undefined for a text that we refuse. */
function ours(text: string): Record<string, string> | undefined {
  try {
    const values = valuesOf(parseDotenv(text, 'x'));
    values.delete('');
    return Object.fromEntries(values);
  } catch (error) {
    if (error instanceof UserError && error.id === 'env-invalid') return undefined;
    throw error;
  }
}

/** Everything in a text that could be a name. */
function candidates(text: string): string[] {
  return text.match(/[\p{L}\p{N}_.\-[\]]+/gu) ?? [];
}

describe('the real Compose reads the same', () => {
  test.each(NASTY)('%s', async (_what, text, expected) => {
    const seen = await composeValues(text, [...Object.keys(expected), ...candidates(text)]);
    expect(seen).toEqual(expected);
  });

  test.each(BROKEN)('and refuses %s', async (_what, text) => {
    expect(await composeValues(text, [])).toBeUndefined();
  });
});

/** Pieces of values, and of whole lines; § stands for the number of the text, so that texts can be read together. */
const piece = fc.constantFrom(
  ...['x', 'é', '😀', '{', '}', '$', '#', ' #', ' ', '\t', '`', '\\', '\u00a0', '\u2003', '\r', ':', '='],
  ...['${A§}', '${A§:-x}', '${B§-$A§}', '${Z§:+q}z', '${A§+w}}', '${A§:-{}}', '$A§', '$$', '$Z§'],
  ...['\\n', '\\"', "\\'", '\\$', '\\0123', '\\019', '\\0', '\\c', '\\\\', '$(id)', '`id`', '-', '${A§?x}'],
); // prettier-ignore
const value = fc
  .tuple(fc.constantFrom('', '', '"', "'"), fc.array(piece, { maxLength: 6 }))
  .map(([quote, pieces]) => `${quote}${pieces.join('')}${quote}`);
const line = fc
  .tuple(
    fc.constantFrom('A§=', 'B§=', 'export A§=', '  C§ = ', 'D§: ', 'A§.b-c[0]=', 'É§:', 'F§\t='),
    value,
    fc.constantFrom('\n', '\n', '\r\n', ' # why\n', '\n\n#x\n', '\nB§\n', '\n  \t\n'),
  )
  .map((parts) => parts.join(''));
const lines = fc.array(line, { minLength: 1, maxLength: 6 }).map((all) => all.join(''));
/** Anything at all: nearly always refused. */
const rubbish = fc
  .array(fc.oneof(piece, fc.constantFrom('A§', '\n', '"', "'", '=', 'export ')), { maxLength: 20 })
  .map((all) => all.join(''));

function texts(arbitrary: fc.Arbitrary<string>, count: number): string[] {
  return fc
    .sample(arbitrary, { numRuns: count, seed: SEED })
    .map((text, at) => `${text.replaceAll('§', `_T${at}_`)}\n`);
}

describe(`random texts, seed ${SEED}`, () => {
  const all = [
    ...texts(lines, 3_000),
    ...texts(rubbish, 1_000).map((text) => text.replaceAll('_T', '_R')),
  ];
  const good = all.filter((text) => ours(text) !== undefined);

  test('there are enough of both kinds', () => {
    expect(good.length).toBeGreaterThan(2_000);
    expect(all.length - good.length).toBeGreaterThan(500);
  });

  test('those that we read mean the same to Compose', async () => {
    for (let at = 0; at < good.length; at += 250) {
      const text = good.slice(at, at + 250).join('');
      const read = ours(text);
      expect(read).toBeDefined();
      expect(await composeValues(text, candidates(text))).toEqual(read);
    }
  });

  test('those that we refuse, Compose refuses', async () => {
    for (const text of all.filter((one) => !good.includes(one)).filter((_, at) => at % 10 === 0))
      expect([text, await composeValues(text, [])]).toEqual([text, undefined]);
  });
});
