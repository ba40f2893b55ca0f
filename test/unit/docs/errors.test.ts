import { describe, expect, test } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { EXIT_CODES, UNPROVEN } from '../../../src/deploy/outcome.ts';
import { refusal } from '../../../src/host/protocol.ts';

const page = readFileSync('docs/errors.md', 'utf8');

/** Every identifier that the code can give to an error. */
function identifiers(): string[] {
  const typescript = read('{src,actions}/**/*.ts');
  const spelled = matches(typescript, /\b(?:id: |problem\(\s*)'([a-z-]+)'/g);
  // What the host refuses is put into words, and sometimes under another name, by the runner.
  const refused = matches(read('src/host/program/*.sh'), /\brefuse ([a-z-]+)/g);
  return unique([...spelled, ...refused.map((id) => refusal([id, '', ''], 'host').id)]);
}

describe('docs/errors.md', () => {
  test('holds every identifier of the code once, and no other', () => {
    const [, table = ''] = /<!-- errors -->([^]*)<!-- \/errors -->/.exec(page) ?? [];
    const listed = matches(table, /^\| `([a-z-]+)`/gm);
    expect(listed).toHaveLength(new Set(listed).size);
    expect(unique(listed)).toEqual(identifiers());
  });

  test('gives every outcome its exit code', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\d+) /gm)];
    const listed = rows.map(([, outcome, code]) => `${outcome ?? ''} ${code ?? ''}`);
    const known = Object.entries(EXIT_CODES).map(([outcome, code]) => `${outcome} ${code}`);
    expect(listed.sort()).toEqual([...known, 'dry-run 0', `deployed ${UNPROVEN}`].sort());
  });
});

function read(pattern: string): string {
  return globSync(pattern)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)].sort();
}
