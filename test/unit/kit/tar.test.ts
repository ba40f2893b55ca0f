import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { tar } from '../../../src/kit/tar.ts';
import { folderWith } from './support.ts';

const long = `${'folder/'.repeat(30)}file with spaces`;
const entries = [
  { path: 'release/', content: '', mode: 0o700 },
  { path: 'release/compose.json', content: '{"ä":1}\n', mode: 0o600 },
  { path: 'files/run.sh', content: Buffer.from([0, 255, 10]), mode: 0o755 },
  { path: 'files/empty', content: '', mode: 0o644 },
  { path: long, content: 'deep', mode: 0o644 },
];

describe('tar', () => {
  test('the real tar lists names, modes, sizes and folders', async () => {
    const { stdout, stderr, code } = await run('tar', ['-tvf', '-', '--utc', '--full-time'], {
      input: await tar(entries),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.replace(/\s+/g, ' '));
    expect(rows).toEqual([
      'drwx------ 0/0 0 1970-01-01 00:00:00 release/',
      '-rw------- 0/0 9 1970-01-01 00:00:00 release/compose.json',
      '-rwxr-xr-x 0/0 3 1970-01-01 00:00:00 files/run.sh',
      '-rw-r--r-- 0/0 0 1970-01-01 00:00:00 files/empty',
      `-rw-r--r-- 0/0 4 1970-01-01 00:00:00 ${long}`,
    ]);
  });

  test.each([['tar'], ['busybox', 'tar']])(
    '%s unpacks the same bytes and modes',
    async (...tool) => {
      const [command = '', ...args] = tool;
      const folder = folderWith();
      const input = await tar(entries);
      const unpacked = await run(command, [...args, '-xpf', '-', '-C', folder], { input });
      expect(unpacked).toMatchObject({ code: 0 });
      for (const { path, content, mode } of entries) {
        expect(statSync(join(folder, path)).mode & 0o777).toBe(mode);
        if (!path.endsWith('/')) {
          expect(readFileSync(join(folder, path))).toEqual(Buffer.from(content));
        }
      }
    },
  );

  test('the same files give the same bytes', async () => {
    expect((await tar(entries)).equals(await tar(entries))).toBe(true);
  });

  test('an archive of nothing is an archive', async () => {
    const { code, stdout } = await run('tar', ['-tf', '-'], { input: await tar([]) });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });
});
