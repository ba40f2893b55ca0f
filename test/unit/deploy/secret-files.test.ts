import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { UserError } from '../../../src/kit/errors.ts';
import { finalCompose } from '../../../src/deploy/compose.ts';
import { composeSources, exists, readContent } from '../../../src/deploy/files.ts';
import { parseModel } from '../../../src/deploy/model.ts';
import { readSecretFiles, type SecretFiles } from '../../../src/deploy/secret-files.ts';
import { folderWith, ownEnvironment, problemIn, stdoutOf } from '../kit/support.ts';

const inputs = ownEnvironment();
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

let workspace = '';
let said = '';
beforeEach(() => {
  workspace = folderWith({ 'compose.yml': 'services: {}', 'certs/ca.crt': 'CA' });
});

async function read(...lines: string[]): Promise<SecretFiles> {
  inputs({ 'secret-files': lines.join('\n') });
  const box: { files?: SecretFiles } = {};
  said = await stdoutOf(() => {
    box.files = readSecretFiles(workspace);
  });
  return box.files ?? new Map();
}

describe('the input', () => {
  test('holds a path and its content a line', async () => {
    const key = '-----BEGIN KEY-----\nMIIabcdefgh+/x\n-----END KEY-----\n';
    const binary = Buffer.from([0, 255, 254, 10, 0, 1, 2, 3, 4]);
    const files = await read(`certs/tls.key=${base64(key)}`, '', ` ./b/-c d=${base64(binary)} `);
    expect([...files]).toEqual([
      ['certs/tls.key', Buffer.from(key)],
      ['b/-c d', binary],
    ]);
    expect(said).toContain('::add-mask::MIIabcdefgh+/x\n');
    expect(said).toContain(`::add-mask::${base64(binary)}\n`);
  });

  test('may be left out', async () => {
    expect(await read('')).toEqual(new Map());
  });

  test.each([
    ['no content', 'certs/a=', 1],
    ['no sign', `certs/a=${base64('x')}\nhunter2hunter2`, 2],
    ['a line break in the content', 'certs/a=aHVudGVy\naHVudGVyMg==', 2],
    ['no base64', 'certs/a=hunter2!', 1],
    ['base64 cut off', 'certs/a=aHVudGVyM', 1],
    ['no path', `=${base64('x')}`, 1],
    ['a folder', `certs/=${base64('x')}`, 1],
    ['a way out', `../a=${base64('x')}`, 1],
    ['a way out in the middle', `certs/../../a=${base64('x')}`, 1],
    ['an absolute path', `/etc/passwd=${base64('x')}`, 1],
    ["git's own folder", `.git/config=${base64('x')}`, 1],
    ['a path twice', `a=${base64('x')}\n./a=${base64('y')}`, 2],
    ['a control character', `a\tb=${base64('x')}`, 1],
    ['an endless name', `${'a'.repeat(300)}=${base64('x')}`, 1],
  ])('%s is refused by the number of its line', async (_what, text, line) => {
    const { id, value, message, fix } = await problemIn(read(text));
    expect({ id, value }).toEqual({ id: 'bad-secret-file', value: `line ${line}` });
    expect(message + fix).not.toMatch(/hunter2|aHVudGVy/);
  });

  test.each([
    ['a file of the repository', 'certs/ca.crt'],
    ['a folder of the repository', 'certs'],
    ['a file as a folder', 'compose.yml/a'],
    ['the input env', '.env'],
  ])('%s is not overwritten', async (_what, path) => {
    expect(await problemIn(read(`${path}=${base64('x')}`))).toMatchObject({
      id: 'secret-file-exists',
      value: path,
    });
  });

  test('one is not placed below another, nor through a link that leads out', async () => {
    const nested = read(`a=${base64('x')}`, `a/b=${base64('y')}`);
    expect(await problemIn(nested)).toMatchObject({ id: 'secret-file-exists', value: 'a/b' });
    symlinkSync(folderWith(), join(workspace, 'out'));
    const led = read(`out/a=${base64('x')}`);
    expect((await problemIn(led)).id).toBe('path-outside-workspace');
  });

  test('whatever is given, a path stays inside and bytes stay what they are', async () => {
    const path = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.array(fc.constantFrom('..', '.', '/', 'a', '-rf', '$(id)', '`', '\\', ' ', "'", '\n', '~', '.git'), { maxLength: 6 }).map((parts) => parts.join('')),
    ); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        async (given, bytes) => {
          let files: SecretFiles;
          try {
            files = await read(`${given.replaceAll('\0', '')}=${base64(Buffer.from(bytes))}`);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            return;
          }
          for (const [where, content] of files) {
            expect(where).not.toMatch(/^\/|(^|\/)\.{1,2}(\/|$)|^\.git(\/|$)|[\t\n\r]/);
            expect(content.equals(bytes)).toBe(true);
          }
        },
      ),
      { numRuns: 2_000, seed: 20_261_121 },
    );
  }, 60_000);
});

describe('a secret file stands where the repository would have it', () => {
  const files = new Map([
    ['certs/tls.key', Buffer.from('KEY')],
    ['only/deep/secret.env', Buffer.from('A=1')],
  ]);

  test('among the files that Compose reads', () => {
    mkdirSync(join(workspace, 'sub'));
    const compose = 'services:\n  x:\n    env_file: only/deep/secret.env\n';
    const own = folderWith({ 'compose.yml': compose });
    expect(composeSources(['compose.yml'], own, files)).toContainEqual({
      path: 'src/only/deep/secret.env',
      content: Buffer.from('A=1'),
      mode: 0o600,
    });
  });

  test('as a file, in a folder of the repository, and in a folder that only it has', () => {
    expect(exists('certs/tls.key', workspace, files)).toBe(true);
    expect(exists('only', workspace, files)).toBe(true);
    expect(exists('onl', workspace, files)).toBe(false);
    const at = (path: string): unknown => readContent(join(workspace, path), workspace, files);
    expect(at('certs/tls.key')).toMatchObject({
      folder: false,
      entries: [{ path: '', content: Buffer.from('KEY'), mode: 0o600 }],
    });
    expect(at('certs')).toMatchObject({
      folder: true,
      entries: [
        { path: '', mode: 0o755 },
        { path: 'ca.crt', mode: 0o644 },
        { path: 'tls.key', content: Buffer.from('KEY'), mode: 0o600 },
      ],
    });
    expect(at('only')).toMatchObject({
      folder: true,
      entries: [{ path: '' }, { path: 'deep/' }, { path: 'deep/secret.env', mode: 0o600 }],
    });
  });

  test('for mounts and for secrets, by content', () => {
    const model = parseModel(
      JSON.stringify({
        name: 'x',
        services: {
          x: {
            image: 'x',
            volumes: [{ type: 'bind', source: '/r/incoming/t/src/certs/tls.key', target: '/key' }],
          },
        },
        secrets: { key: { file: '/r/incoming/t/src/certs/tls.key' } },
      }),
    );
    const place = { root: '/r', source: '/r/incoming/t/src', kept: { binds: {}, volumes: {} } };
    const final = finalCompose(model, new Map([['x', 'x']]), undefined, place, workspace, files);
    const [placed] = final.entries;
    expect(placed).toMatchObject({ content: Buffer.from('KEY'), mode: 0o600 });
    expect(final.model.secrets?.key?.file).toBe(`/r/${placed?.path ?? ''}`);
    expect(final.model.services.x?.volumes?.[0]?.source).toBe(`/r/${placed?.path ?? ''}`);
  });
});
