import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, run } from '../../../src/kit/process.ts';
import { type UserRepository, userRepository } from './user-repository.ts';

const digest = `sha256:${'d'.repeat(64)}`;

let home: string;
let repository: UserRepository;
let commit: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'build-once-'));
  mkdirSync(join(home, 'bin'));
  repository = await userRepository(join(home, 'repository'), {});
  commit = await repository.commit('The first version');
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

/** Runs the build script of the example with a `docker` that answers the question for the image so, and notes what else it is told. */
async function buildOnce(
  answer: string,
): Promise<Finished & { readonly told: string; readonly record: string }> {
  const docker = join(home, 'bin/docker');
  const notes = join(home, 'notes');
  rmSync(notes, { force: true });
  writeFileSync(
    docker,
    `#!/bin/sh\ncase $1 in\nbuildx) ${answer} ;;\npush) echo "tag: digest: ${digest} size: 1"; echo push >>"${notes}" ;;\n*) echo "$1" >>"${notes}" ;;\nesac\n`,
    { mode: 0o755 },
  );
  const out = join(home, 'release.json');
  rmSync(out, { force: true });
  const args = [
    '--once',
    'yes',
    '--registry',
    'registry.example',
    '--revision',
    commit,
    '--out',
    out,
  ];
  const env = { ...process.env, PATH: `${join(home, 'bin')}:${process.env.PATH ?? ''}` };
  const result = await run(join(repository.folder, 'build-release.sh'), args, { env });
  const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return { ...result, told: read(notes), record: read(out) };
}

test('an image that is not there is built, one that is there is not, and both give the same record', async () => {
  const first = await buildOnce(
    'echo "ERROR: registry.example/hello/web:x: not found" >&2; exit 1',
  );
  expect([first.code, first.told]).toEqual([0, 'build\npush\n']);
  const second = await buildOnce(`printf 'Name: x\\nMediaType: y\\nDigest:    ${digest}\\n'`);
  expect([second.code, second.told]).toEqual([0, '']);
  expect(second.record).toBe(first.record);
  expect(second.record).toContain(`"image": "registry.example/hello/web@${digest}"`);
});

test.each([
  [
    'the registry cannot be reached',
    'echo "ERROR: dial tcp: connection refused" >&2; exit 1',
    'connection refused',
  ],
  ['the answer holds no digest', 'echo nothing', 'named no digest'],
])(
  '%s: an error, since building might give the commit a second digest',
  async (_, answer, said) => {
    const { code, stderr, told, record } = await buildOnce(answer);
    expect([code, told, record]).toEqual([1, '', '']);
    expect(stderr).toContain(said);
  },
);
