import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { tallyOf } from '../../../../src/scan/secrets/tally.ts';

const patch = Buffer.from(
  [
    `commit ${'a'.repeat(40)}`,
    '',
    'diff --git a/new b/new',
    'new file mode 100644',
    'index 0000000..1111111',
    '--- /dev/null',
    '+++ b/new',
    '@@ -0,0 +1,3 @@',
    '+ü', // 3 bytes with its line break
    '+@@ -1 +1 @@', // 12
    '+commit 1', // 9, and no line break
    '\\ No newline at end of file',
    'diff --git a/link b/link',
    'deleted file mode 120000',
    '--- a/link',
    '+++ /dev/null',
    '@@ -1 +0,0 @@',
    '-target',
    '\\ No newline at end of file',
    `commit ${'b'.repeat(40)}`,
    '',
    'diff --git a/bin b/bin',
    'Binary files a/bin and b/bin differ',
    `commit ${'c'.repeat(40)}`,
    '',
    'diff --git a/x b/x',
    'remerge CONFLICT (content): Merge conflict in x',
    'index 1111111..2222222 100644',
    '--- a/x',
    '+++ b/x',
    '@@ -2,2 +1,0 @@ @@ -9 +9 @@',
    '---- b',
    '-+++ b',
    '@@ -7 +5 @@',
    '-old',
    `+${'x'.repeat(500)}\r`, // 502
    '',
  ].join('\n'),
);

test('a patch is counted however it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), async (sizes) => {
      const chunks: Buffer[] = [];
      for (let at = 0, turn = 0; at < patch.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        chunks.push(patch.subarray(at, at + size));
        at += size;
      }
      const { commits, bytes } = await tallyOf(Readable.from(chunks));
      expect({ commits, bytes }).toEqual({ commits: 2, bytes: 3 + 12 + 8 + 502 });
    }),
  );
});

test('an empty patch', async () => {
  expect(await tallyOf(Readable.from([]))).toMatchObject({ commits: 0, bytes: 0 });
});
