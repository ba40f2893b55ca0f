import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { checkout, plain, userFolder } from './shipped.ts';
import { toolPath } from '../../lab/tool.ts';

/** A user's repository, where both tools look for workflows. */
let folder: string;
let plainFolder: string;
beforeAll(async () => {
  folder = userFolder();
  plainFolder = userFolder(plain);
  await run('git', ['init', '--quiet', plainFolder]); // actionlint finds .github by the repository around it
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(plainFolder, { recursive: true });
});

async function zizmor(...paths: string[]): Promise<{ code: number | null; said: string }> {
  const policy = ['--config', join(checkout, '.github/zizmor.yml')];
  const { code, stdout, stderr } = await run(await toolPath('zizmor'), [
    '--offline',
    '--no-progress',
    '--color=never',
    ...policy,
    ...paths,
  ]);
  return { code, said: `${stdout}${stderr}` };
}

test('zizmor has no finding in the shipped workflows', async () => {
  const { code, said } = await zizmor(folder);
  expect(said).toContain('No findings to report');
  for (const name of ['pipeline', 'release', 'rollback'])
    expect(said).toContain(
      `completed .github/workflows/${name}.yml`.replace('.github', `${folder}/.github`),
    );
  expect(code).toBe(0);
});

test("zizmor has no finding in the project's own workflow and actions", async () => {
  const { code, said } = await zizmor(
    ...['.github/workflows', 'action.yml', 'actions'].map((path) => join(checkout, path)),
  );
  expect(said).toContain('No findings to report');
  expect(code).toBe(0);
});

test("zizmor's policy lets nobody but Slipway in by tag", async () => {
  const file = join(folder, 'by-tag.yml');
  const text = readFileSync(join(folder, '.github/workflows/rollback.yml'), 'utf8');
  writeFileSync(file, text.replace(/actions\/checkout@.*/, 'actions/checkout@v7'));
  const { code, said } = await zizmor(file);
  expect(said).toContain('unpinned action reference');
  expect(code).not.toBe(0);
});

test('actionlint has no finding', async () => {
  const { code, stdout, stderr } = await run(
    await toolPath('actionlint'),
    ['-no-color', '-shellcheck', await toolPath('shellcheck')],
    { cwd: plainFolder },
  );
  expect(`${stdout}${stderr}`).toBe('');
  expect(code).toBe(0);
});
