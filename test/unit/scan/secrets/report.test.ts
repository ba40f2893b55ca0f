import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { readFileSync } from 'node:fs';
import { eventOf } from '../../../../src/scan/secrets/event.ts';
import { type Finding, knownBy, parseLeaks } from '../../../../src/scan/secrets/leaks.ts';
import { secretsSarif } from '../../../../src/scan/secrets/sarif.ts';
import { problemOf } from '../../kit/support.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

const finding: Finding = {
  rule: 'github-pat',
  description: 'A token of GitHub.',
  file: 'src/a b#1.ts',
  line: 3,
  endLine: 4,
  commit: A,
  fingerprint: `${A}:src/a b#1.ts:github-pat:3`,
  current: true,
  exists: true,
  known: false,
};

describe('SARIF', () => {
  const findings: Finding[] = [
    finding,
    { ...finding, line: 0, endLine: 0, known: true },
    { ...finding, rule: 'custom', description: '', file: undefined, fingerprint: undefined },
  ];
  const sarif = secretsSarif(findings, '8.30.1');

  test('is valid', () => {
    const schema = readFileSync('test/fixtures/sarif/sarif-schema-2.1.0.json', 'utf8');
    const ajv = new Ajv({ formats: fullFormats, strict: false });
    const { $schema: _, ...rest } = JSON.parse(schema) as Record<string, unknown>;
    const validate = ajv.compile(rest);
    expect([validate(JSON.parse(sarif)), validate.errors]).toEqual([true, null]);
    expect(validate({ version: '2.1.0', runs: [{}] })).toBe(false);
  });

  test('has one category, a rule once, and a fingerprint that stays', () => {
    const [run] = (JSON.parse(sarif) as { runs: Record<string, unknown>[] }).runs;
    expect(run).toMatchObject({
      automationDetails: { id: 'gitleaks/' },
      tool: { driver: { version: '8.30.1', rules: [{ id: 'github-pat' }, { id: 'custom' }] } },
      results: [
        {
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: 'src/a%20b%231.ts' },
                region: { startLine: 3, endLine: 4 },
              },
            },
          ],
        },
        { suppressions: [{ kind: 'external' }] },
        { ruleIndex: 1, message: { text: 'custom (commit aaaaaaa)' } },
      ],
    });
    const prints = (text: string): string[] =>
      [...text.matchAll(/"primaryLocationLineHash":"(\w+)"/g)].map(([, hash]) => hash ?? '');
    expect(new Set(prints(sarif)).size).toBe(3);
    const moved = { ...finding, current: false, exists: false, known: true };
    expect(prints(secretsSarif([moved], '8.31.0'))).toEqual(prints(sarif).slice(0, 1));
  });
});

describe('a report of gitleaks', () => {
  const entry = {
    RuleID: 'github-pat',
    Description: 'd',
    StartLine: 3,
    EndLine: 3,
    File: 'a',
    Commit: A,
    Fingerprint: 'f',
    Author: 'ada',
    Email: 'ada@example.com',
    Message: 'uses hunter2',
    Secret: 'hunter2',
    Match: 'password = hunter2',
  };

  test('is read without what must not get out', () => {
    const leaks = parseLeaks(JSON.stringify([entry, { ...entry, StartLine: 2 }]));
    expect(leaks?.map(({ line }) => line)).toEqual([2, 3]);
    expect(JSON.stringify(leaks)).not.toMatch(/ada|hunter2/);
  });

  test.each(['', 'null', '{}', '[{}]', '[', '[{"RuleID": 1}]'])('%p is none', (text) => {
    expect(parseLeaks(text)).toBeUndefined();
  });

  test('is a baseline: the same rule, file, line and commit', () => {
    const [leak] = parseLeaks(JSON.stringify([entry])) ?? [];
    if (leak === undefined) throw new Error('no leak');
    const known = (other: object): boolean =>
      knownBy(JSON.stringify([{ ...entry, ...other }]), 'b.json')(leak);
    expect(known({})).toBe(true);
    expect(known({ Author: 'grace', Message: '', Match: 'REDACTED' })).toBe(true);
    expect(known({ Commit: '' })).toBe(true);
    for (const other of [{ Commit: B }, { StartLine: 4 }, { File: 'b' }, { RuleID: 'x' }])
      expect(known(other)).toBe(false);
    expect(knownBy(undefined)(leak)).toBe(false);
    expect(problemOf(() => knownBy('{}', 'b.json'))).toMatchObject({ id: 'baseline-invalid' });
  });
});

describe('an event that does not say what it should is one that says nothing', () => {
  test.each([
    ['pull_request', undefined],
    ['pull_request', { pull_request: { base: { sha: 'main' }, head: { sha: A } } }],
    ['pull_request_target', { pull_request: { base: { sha: A } } }],
    ['merge_group', { merge_group: { base_sha: '--all', head_sha: A } }],
    ['push', { ref: 'refs/heads/main', before: A, after: 'HEAD' }],
    ['release', { before: A, after: B }],
    ['', {}],
  ])('%s %j', (name, payload) => {
    expect(eventOf(name, payload)).toEqual({ kind: 'other' });
  });

  test('an odd name of the default branch, or an odd count, is left out', () => {
    const payload = {
      ref: 'refs/heads/x',
      before: A,
      after: B,
      forced: 'yes',
      commits: 3,
      repository: { default_branch: '--upload-pack=x' },
    };
    expect(eventOf('push', payload)).toEqual({
      kind: 'branch',
      before: A,
      after: B,
      forced: false,
      count: undefined,
      defaultBranch: undefined,
    });
  });
});
