import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Repository } from '../../../unit/detect/repository.ts';
import { formsOf, lineWith, pull, push, scan, SECRETS, traces, witness } from './system.ts';

const ZERO = '0'.repeat(40);

interface Sarif {
  readonly runs: readonly {
    readonly results: readonly {
      readonly ruleId: string;
      readonly locations: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
      }[];
      readonly suppressions?: unknown;
    }[];
  }[];
}

function sarifOf(folder: string): Sarif {
  return JSON.parse(readFileSync(join(folder, 'slipway-scan/secrets.sarif'), 'utf8')) as Sarif;
}

function filesIn(folder: string): string[] {
  return (sarifOf(folder).runs[0]?.results ?? []).map(
    ({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri ?? '',
  );
}

describe('a push', () => {
  test('clean', async () => {
    const origin = await Repository.with({ a: 'one\n' });
    const before = await origin.git('rev-parse', 'HEAD');
    const after = await origin.commit({ a: 'two\n' });
    const copy = await origin.clone(1);
    const step = await scan(copy, push(before, after));
    expect(step).toMatchObject({
      exitCode: 0,
      outputs: {
        outcome: 'clean',
        findings: '0',
        commits: '1',
        sarif: 'slipway-scan/secrets.sarif',
      },
      leftovers: [],
    });
    expect(step.summary).toContain('### No secrets in 1 commit');
    expect(sarifOf(copy.folder).runs[0]?.results).toEqual([]);
  });

  test('the old secret of another commit is not its business, the new one is', async () => {
    const origin = await Repository.with({ 'old.env': lineWith(SECRETS.github) });
    const before = await origin.git('rev-parse', 'HEAD');
    const after = await origin.commit({ 'src/new.ts': `// one\n${lineWith(SECRETS.slack)}` });
    const copy = await origin.clone(1);
    const step = await scan(copy, push(before, after));
    expect(step).toMatchObject({
      exitCode: 1,
      outputs: { outcome: 'leaks', findings: '1', commits: '1' },
    });
    expect(step.log).toMatch(/::error title=Secret%3A slack-bot-token,file=src\/new\.ts,line=2,/);
    expect(step.summary).toContain('**Revoke each credential**');
    const commit = `https://github.example/acme/shop/commit/${after}`;
    expect(step.summary).toContain(`| \`src/new.ts:2\` | [\`${after.slice(0, 7)}\`](${commit}) |`);
    expect(filesIn(copy.folder)).toEqual(['src/new.ts']);
  });

  test('fail: false only warns', async () => {
    const origin = await Repository.with({ a: 'one\n' });
    const before = await origin.git('rev-parse', 'HEAD');
    const after = await origin.commit({ a: lineWith(SECRETS.github) });
    const step = await scan(await origin.clone(1), {
      ...push(before, after),
      inputs: { fail: 'false' },
    });
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'leaks', findings: '1' } });
    expect(step.log).toContain('::warning title=Secret');
  });

  test('a deleted branch', async () => {
    const origin = await Repository.with({ a: lineWith(SECRETS.github) });
    const head = await origin.git('rev-parse', 'HEAD');
    const step = await scan(await origin.clone(1), push(head, ZERO, 'refs/heads/gone'));
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'clean', commits: '0' } });
    expect(step.summary).toContain('The branch was deleted');
  });

  test('a secret that the next commit takes away is found all the same', async () => {
    const origin = await Repository.with({ a: 'one\n' });
    const before = await origin.git('rev-parse', 'HEAD');
    const slip = await origin.commit({ a: lineWith(SECRETS.github), b: lineWith(SECRETS.aws) });
    const after = await origin.commit({ a: 'three\n', b: null });
    const step = await scan(await origin.clone(1), push(before, after));
    expect(step.outputs).toMatchObject({ findings: '2', commits: '2' });
    expect(step.log).toContain(`In commit ${slip.slice(0, 7)}, there in line 1.`);
    expect(step.log).toMatch(/::error title=Secret%3A github-pat,file=a::/);
    expect(step.summary).toContain('`a:1` (as of that commit)');
    expect(step.summary).toContain('`b:1` (gone by now, but not from the history)');
  });
});

test('schedule: the whole history of a shallow checkout', async () => {
  const origin = await Repository.with({ a: lineWith(SECRETS.github) });
  for (let count = 0; count < 30; count += 1) await origin.commit({ a: `${count}\n` });
  const step = await scan(await origin.clone(1), { event: 'schedule' });
  expect(step).toMatchObject({ exitCode: 1, outputs: { findings: '1', commits: '31' } });
});

describe('what a merge itself brings', () => {
  async function merged(...branches: readonly string[]): Promise<Repository> {
    const origin = await Repository.with({ 'src/f': 'one\n' });
    for (const name of branches) {
      await origin.git('checkout', '--quiet', '-b', name, 'main');
      await origin.commit({ [name]: `${name}\n` });
    }
    await origin.git('checkout', '--quiet', 'main');
    await origin.commit({ other: 'other\n' });
    await origin.git('merge', '--quiet', '--no-commit', '--no-ff', ...branches);
    return origin;
  }

  test.each([
    ['of two', ['x']],
    ['of four', ['x', 'y', 'z']],
  ])('a merge %s', async (_, branches) => {
    const origin = await merged(...branches);
    const head = await origin.commit({ evil: lineWith(SECRETS.github) });
    const before = await origin.git('rev-parse', 'HEAD^1');
    const copy = await origin.clone(1);
    const step = await scan(copy, push(before, head));
    expect(step.outputs).toMatchObject({
      outcome: 'leaks',
      findings: '1',
      commits: String(branches.length + 1),
    });
    expect(filesIn(copy.folder)).toEqual(['evil']);
  });

  test('the solution of a conflict', async () => {
    const origin = await Repository.with({ 'src/f': 'one\n' });
    await origin.git('checkout', '--quiet', '-b', 'x');
    await origin.commit({ 'src/f': 'x\n' });
    await origin.git('checkout', '--quiet', 'main');
    const before = await origin.commit({ 'src/f': 'y\n' });
    await expect(origin.git('merge', '--quiet', 'x')).rejects.toThrow();
    const head = await origin.commit({ 'src/f': `x\n${lineWith(SECRETS.github)}` });
    const copy = await origin.clone(1);
    const step = await scan(copy, push(before, head));
    expect(step.outputs).toMatchObject({ findings: '1', commits: '2' });
    // gitleaks calls it b/src/f here.
    expect(filesIn(copy.folder)).toEqual(['src/f']);
    expect(step.log).toContain('file=src/f,line=2');
  });
});

describe('a pull request cannot silence its own scan', () => {
  const silencers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['gitleaks:allow', { 'a.env': `token = "${SECRETS.github}" # gitleaks:allow\n` }],
    ['.gitleaks.toml', { '.gitleaks.toml': "title = 'x'\n[allowlist]\npaths = ['''.*''']\n" }],
    ['.gitleaksignore', { '.gitleaksignore': 'a.env:github-pat:1\n' }],
    ['.gitattributes', { '.gitattributes': '* -diff\n*.env binary\n' }],
    ['a baseline', { 'leaks.json': '[{"RuleID":"github-pat","File":"a.env","StartLine":1}]' }],
    [
      'a file that the configuration of the base extends',
      { 'ci/rules.toml': "[allowlist]\npaths = ['''.*''']\n" },
    ],
  ];

  test.each(silencers)('%s', async (_, files) => {
    const origin = await Repository.with({
      'ci/gitleaks.toml': "[extend]\npath = './ci/rules.toml'\n",
      'ci/rules.toml': '[extend]\nuseDefault = true\n',
    });
    const base = await origin.git('rev-parse', 'HEAD');
    const head = await origin.commit({ 'a.env': lineWith(SECRETS.github), ...files });
    const copy = await origin.clone(undefined);
    const inputs = { baseline: 'leaks.json' };
    for (const config of ['.gitleaks.toml', 'ci/gitleaks.toml']) {
      const step = await scan(copy, {
        ...pull(base, head),
        inputs: { ...inputs, 'gitleaks-config': config },
      });
      expect(step).toMatchObject({ exitCode: 1, outputs: { outcome: 'leaks', findings: '1' } });
    }
  });

  test('what the base branch allows is allowed', async () => {
    const origin = await Repository.with({
      '.gitleaks.toml': "[extend]\nuseDefault = true\n[[allowlists]]\npaths = ['''^fixtures/''']\n",
      '.gitleaksignore': 'a.env:github-pat:1\n',
      'known.json': JSON.stringify([{ RuleID: 'slack-bot-token', File: 'b.env', StartLine: 1 }]),
    });
    const base = await origin.git('rev-parse', 'HEAD');
    const head = await origin.commit({
      'a.env': lineWith(SECRETS.github),
      'b.env': lineWith(SECRETS.slack),
      'fixtures/c.env': lineWith(SECRETS.stripe),
      '.gitleaks.toml': null,
      '.gitleaksignore': null,
      'known.json': null,
    });
    const copy = await origin.clone(undefined);
    const step = await scan(copy, { ...pull(base, head), inputs: { baseline: 'known.json' } });
    expect(step).toMatchObject({ exitCode: 0, outputs: { outcome: 'clean', findings: '0' } });
    expect(step.summary).toContain('**Known already, from the baseline: 1**');
    expect(step.summary).toContain('of the base branch');
    expect(sarifOf(copy.folder).runs[0]?.results[0]?.suppressions).toHaveLength(1);
  });

  test('on a push the comment counts, and the rules are those of the commit', async () => {
    const origin = await Repository.with({ a: 'one\n' });
    const before = await origin.git('rev-parse', 'HEAD');
    const after = await origin.commit({
      'a.env': `token = "${SECRETS.github}" # gitleaks:allow\n`,
      'b.env': lineWith(SECRETS.slack),
      '.gitleaksignore': 'b.env:slack-bot-token:1\n',
    });
    const step = await scan(await origin.clone(1), push(before, after));
    expect(step.outputs).toMatchObject({ outcome: 'clean', commits: '1' });
  });

  test('nor can the environment of a step before it', async () => {
    const origin = await Repository.with({ a: 'one\n' });
    const before = await origin.git('rev-parse', 'HEAD');
    const after = await origin.commit({ a: lineWith(SECRETS.github) });
    const silent = "[allowlist]\npaths = ['''.*''']\n";
    const copy = await origin.clone(1);
    await copy.git('config', 'diff.external', '/bin/true');
    await copy.git('config', 'core.attributesFile', `${copy.folder}/.git/quiet`);
    const step = await scan(copy, {
      ...push(before, after),
      env: { GITLEAKS_CONFIG_TOML: silent, GIT_EXTERNAL_DIFF: '/bin/true' },
    });
    expect(step.outputs).toMatchObject({ outcome: 'leaks', findings: '1' });
  });
});

test('no secret gets out, in whatever form', async () => {
  const { github, aws, slack, stripe } = SECRETS;
  const origin = await Repository.with({ a: 'one\n' });
  const before = await origin.git('rev-parse', 'HEAD');
  await origin.commit({
    'a.env': lineWith(github),
    'b.env': `${lineWith(aws)}${lineWith(slack)}`,
    'c.env': `${Buffer.from(lineWith(stripe)).toString('base64')}\n`,
    [`keys/${slack}.env`]: lineWith(github),
  });
  await origin.git('commit', '--quiet', '--amend', '--message', `Uses ${stripe}`);
  await origin.git('branch', `fix-${aws}`);
  const after = await origin.git('rev-parse', 'HEAD');
  const seen = await witness();
  const copy = await origin.clone(1);
  const step = await scan(copy, {
    ...push(before, after, `refs/heads/fix-${aws}`),
    env: { PATH: `${seen.path}:${process.env.PATH ?? ''}` },
  });
  expect(step).toMatchObject({ exitCode: 1, outputs: { outcome: 'leaks', findings: '5' } });
  const everything = `${traces(step, copy.folder)}\n${seen.calls().replaceAll(/^GITHUB_REF.*$/gm, '')}`;
  for (const form of Object.values(SECRETS).flatMap(formsOf))
    expect(everything.includes(form)).toBe(false);
  expect(step.summary).toContain('a file whose name holds a secret');
  for (const personal of ['ada', 'ada@example.com', 'Uses '])
    expect(traces(step, copy.folder)).not.toContain(personal);
  expect(existsSync(join(copy.folder, 'leaks.json'))).toBe(false);
});
