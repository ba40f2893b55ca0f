import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cell, code, details, table, writeSummary } from '../../../src/kit/summary.ts';
import { folderWith, ownEnvironment } from './support.ts';

ownEnvironment();

const markup = fc.constantFrom(
  ...Array.from('\\`*_[]<>|~#!&-'),
  '\n',
  '\r',
  'x',
  ' ',
  '</summary>',
  '\u2028',
);
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(markup, { maxLength: 12 }).map((parts) => parts.join('')),
);

/** The cells of a table row as GitHub splits it: at every bar that has no backslash before it. */
const cellsOf = (row: string): string[] => row.split(/(?<!\\)\|/).slice(1, -1);

describe('cell', () => {
  test.each([
    ['v1.2.0', 'v1.2.0'],
    ['a|b', 'a\\|b'],
    ['_x_ *y* `z`', '\\_x\\_ \\*y\\* \\`z\\`'],
    ['<script>', '\\<script\\>'],
    ['[a](b)', '\\[a\\](b)'],
    ['a\nb', 'a b'],
    ['a\\', 'a\\\\'],
  ])('%j becomes %j', (text, safe) => {
    expect(cell(text)).toBe(safe);
  });

  test('every character of markup is escaped, once', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const safe = cell(text);
        expect(safe.replace(/\\[\\`*_[\]<>|~#!]/g, '')).not.toMatch(/[\\`*_[\]<>|~#!]/);
        expect(safe).not.toMatch(/[\r\n\u2028\u2029]/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('code', () => {
  test.each([
    ['api', '`api`'],
    ['a`b', '`` a`b ``'],
    ['``', '``` `` ```'],
    ['a|b', '`a\\|b`'],
    ['a\nb', '`a b`'],
    ['', ''],
  ])('%j becomes %j', (text, safe) => {
    expect(code(text)).toBe(safe);
  });

  test('its fence is longer than any run of backticks inside', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const [, fence = '', inside = ''] = /^(`+)([^]*)\1$/.exec(code(`x${text}`)) ?? [];
        expect(fence).not.toBe('');
        for (const [run] of inside.matchAll(/`+/g)) expect(run.length).toBeLessThan(fence.length);
        expect(inside).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

describe('table', () => {
  test('is Markdown', () => {
    expect(table(['a', 'b'], [['1', '2'], []])).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |\n|  |');
  });

  test('no text breaks out of its cell or its row', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hostile, hostile), { maxLength: 4 }), (rows) => {
        const cells = rows.map(([a, b]) => [cell(a), code(b), 'end']);
        const lines = table(['one', 'two', 'three'], cells).split('\n');
        expect(lines).toHaveLength(2 + rows.length);
        for (const line of lines) expect(cellsOf(line)).toHaveLength(3);
      }),
      { numRuns: 500 },
    );
  });
});

describe('details', () => {
  test('is a folded block', () => {
    expect(details('What it said', ['one', 'two'])).toBe(
      '<details><summary>What it said</summary>\n\n```text\none\ntwo\n```\n\n</details>',
    );
  });

  test('its title is HTML', () => {
    expect(details('What slip_way@h <b> & co showed', [])).toContain(
      '<summary>What slip_way@h &#60;b&#62; &#38; co showed</summary>',
    );
  });

  test('no line of others ends the block', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (lines) => {
        const [head, , opening = '', ...rest] = details('x', lines).split('\n');
        expect(head).toBe('<details><summary>x</summary>');
        const fence = /^`{3,}/.exec(opening)?.[0] ?? '';
        expect(opening).toBe(`${fence}text`);
        expect(rest.slice(-3)).toEqual([fence, '', '</details>']);
        const body = rest.slice(0, -3);
        expect(body).toHaveLength(Math.max(1, lines.length));
        for (const line of body) expect(line).not.toContain(fence);
      }),
      { numRuns: 500 },
    );
  });
});

describe('writeSummary', () => {
  test('appends to the summary of the step', async () => {
    const file = join(folderWith({ summary: 'before\n' }), 'summary');
    process.env.GITHUB_STEP_SUMMARY = file;
    await writeSummary(['### One', 'two']);
    await writeSummary(['three']);
    expect(readFileSync(file, 'utf8')).toBe('before\n### One\n\ntwo\nthree\n');
  });

  test('does nothing where there is none', async () => {
    delete process.env.GITHUB_STEP_SUMMARY;
    await expect(writeSummary(['x'])).resolves.toBeUndefined();
  });
});
