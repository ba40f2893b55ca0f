import { expect, test } from '@jest/globals';
import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Repository } from '../../../unit/detect/repository.ts';
import { lineWith, scan, SECRETS } from './system.ts';

/**
 * A scan fails when gitleaks' own number of commits is not ours, so this holds the two against each other over whatever a commit can be.
 */
test('odd commits are counted as gitleaks counts them', async () => {
  const repository = await Repository.with({ a: 'one\n', link: '-> a', gone: 'x\n', old: 'o\n' });
  const at = (name: string): string => join(repository.folder, name);
  const steps: readonly (readonly [string, () => void, counts: boolean])[] = [
    ['nothing at all', () => undefined, false],
    [
      'an empty file',
      () => {
        writeFileSync(at('empty'), '');
      },
      false,
    ],
    [
      'a binary file',
      () => {
        writeFileSync(at('binary'), 'a\0b');
      },
      false,
    ],
    [
      'text in UTF-16',
      () => {
        writeFileSync(at('utf16'), '\ufeffone\n', 'utf16le');
      },
      false,
    ],
    [
      'an archive',
      () => {
        writeFileSync(at('a.zip'), 'PK\u0003\u0004\0\0');
      },
      false,
    ],
    [
      'a file is deleted',
      () => {
        rmSync(at('gone'));
      },
      false,
    ],
    [
      'a file is renamed',
      () => {
        renameSync(at('old'), at('new'));
      },
      false,
    ],
    [
      'a file becomes executable',
      () => {
        chmodSync(at('a'), 0o755);
      },
      false,
    ],
    [
      'a file becomes a link',
      () => {
        rmSync(at('a'));
        symlinkSync('empty', at('a'));
      },
      true,
    ],
    [
      'a link becomes a file',
      () => {
        rmSync(at('a'));
        writeFileSync(at('a'), 'x\n');
      },
      true,
    ],
    [
      'a link becomes an empty file',
      () => {
        rmSync(at('link'));
        writeFileSync(at('link'), '');
      },
      false,
    ],
    [
      'lines are taken away',
      () => {
        writeFileSync(at('new'), '');
      },
      true,
    ],
    [
      'without a line break at its end',
      () => {
        writeFileSync(at('new'), 'x');
      },
      true,
    ],
    [
      'Windows line ends',
      () => {
        writeFileSync(at('crlf'), 'x\r\ny\r\n');
      },
      true,
    ],
    [
      'a line of three megabytes',
      () => {
        writeFileSync(at('long'), 'x'.repeat(3e6));
      },
      true,
    ],
    [
      'attributes',
      () => {
        writeFileSync(at('.gitattributes'), '* -diff\n');
      },
      true,
    ],
    [
      'names',
      () => {
        for (const name of [
          'commit',
          'a b',
          'ü',
          't\tb',
          'n\nl',
          'q"\\r',
          'b',
          '::error::x',
          '|`<b>',
        ])
          writeFileSync(at(name), lineWith(SECRETS.github));
      },
      true,
    ],
  ];
  for (const [message, work] of steps) {
    work();
    await repository.git('add', '--all');
    // What looks like a patch is none.
    const patch = 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+x\ncommit 1234567';
    await repository.git('commit', '--quiet', '--allow-empty', '-m', `${message}\n\n${patch}`);
  }
  const head = await repository.git('rev-parse', 'HEAD');
  await repository.git('update-index', '--add', '--cacheinfo', `160000,${head},module`);
  await repository.git('commit', '--quiet', '--message', 'a submodule');
  await repository.git('rm', '--quiet', '--cached', 'module');
  await repository.git('commit', '--quiet', '--message', 'no submodule');
  const counted = 2 + steps.filter(([, , counts]) => counts).length;
  const step = await scan(await repository.clone(1), { event: 'schedule' });
  expect(step).toMatchObject({
    exitCode: 1,
    outputs: { outcome: 'leaks', findings: '9', commits: String(steps.length + 3) },
  });
  expect(step.log).toContain(
    `Scanned ${steps.length + 3} commits, of which ${counted} change a text`,
  );
  // Names are shown, and obeyed by nobody.
  expect(step.log).toContain('file=%3A%3Aerror%3A%3Ax,line=1');
  expect(step.log).not.toMatch(/^::error::x/m);
  expect(step.summary).toContain('| `` \\|`<b>:1 `` |');
  expect(step.summary).toContain('`n l:1`');
});

test('more secrets than GitHub shows', async () => {
  const lines = Array.from({ length: 13 }, (_, index) =>
    lineWith(SECRETS.github.replace('J4', String(index + 10))),
  );
  const repository = await Repository.with({ 'a.env': lines.join('\n') });
  const step = await scan(await repository.clone(1), { event: 'schedule' });
  expect(step.outputs).toMatchObject({ outcome: 'leaks', findings: '13' });
  expect(step.log.match(/^::error title=Secret/gm)).toHaveLength(10);
  expect(step.log).toContain('10 of 13 secrets are shown here');
  expect(step.summary.match(/\| `a\.env:\d+` \|/g)).toHaveLength(13);
});

test('a file that gitleaks passes over without a word, since it cannot read how git writes the name', async () => {
  const repository = await Repository.with({ a: 'one\n', 'b\\': lineWith(SECRETS.github) });
  const step = await scan(await repository.clone(1), { event: 'schedule' });
  expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
  expect(step.log).toContain(
    'it scanned 1 commit with 4 bytes of text, and there are 1 commit with',
  );
});
