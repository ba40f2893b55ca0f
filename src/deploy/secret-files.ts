import { lstatSync } from 'node:fs';
import { join, posix } from 'node:path';
import { UserError } from '../kit/errors.ts';
import { base64FormsOf, maskForms } from '../kit/forms.ts';
import { insideWorkspace, lines } from '../kit/inputs.ts';
import { mask } from '../kit/mask.ts';

/** Files that no commit holds, by their path in the workspace, where they never lie. */
export type SecretFiles = ReadonlyMap<string, Buffer>;

/**
 * Reads the input `secret-files`: lines `path=<base64>`. What they hold is masked.
 * @throws UserError `bad-secret-file`, `secret-file-exists`, `path-outside-workspace`; a line that cannot be read is named by its
 * number alone, for it may be part of a secret
 */
export function readSecretFiles(workspace: string): SecretFiles {
  const files = new Map<string, Buffer>();
  for (const [at, line] of lines('secret-files').entries()) {
    const { path, content } = parse(line, at + 1);
    if (files.has(path)) throw bad(at + 1, 'names a path for the second time');
    refuseTaken(path, workspace);
    files.set(path, content);
  }
  for (const path of files.keys()) {
    const under = [...files.keys()].find((other) => path.startsWith(`${other}/`));
    if (under !== undefined) throw taken(path, `${under} is a file`);
  }
  return files;
}

function parse(line: string, number: number): { path: string; content: Buffer } {
  const [, path = '', base64 = ''] = /^([^=]*)=(.*)$/.exec(line) ?? [];
  maskForms([base64]);
  const content = Buffer.from(base64, 'base64');
  // Node skips what is no base64, and so would hide a broken copy.
  if (content.length === 0 || content.toString('base64') !== base64)
    throw bad(number, base64 === '' ? 'has no content' : 'has content that is not base64');
  const text = content.toString('utf8');
  if (Buffer.from(text).equals(content)) maskForms([text]);
  else for (const form of base64FormsOf(content)) mask(form);
  const clean = posix.normalize(path);
  if (!isPath(clean)) throw bad(number, 'has a path that no file of the repository could have');
  return { path: clean, content };
}

function isPath(path: string): boolean {
  const parts = path.split('/');
  return (
    // eslint-disable-next-line no-control-regex -- what a path must not hold
    !/[\u0000-\u001f\u007f\\]/.test(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..') &&
    parts.every((part) => Buffer.byteLength(part) <= 255) &&
    parts[0] !== '.git'
  );
}

/** What a commit holds is what is released; and `.env` is the input env. */
function refuseTaken(path: string, workspace: string): void {
  if (path === '.env') throw taken(path, 'that is where the input env goes');
  insideWorkspace(path, workspace);
  const parts = path.split('/');
  for (let count = 1; count <= parts.length; count += 1) {
    const name = parts.slice(0, count).join('/');
    const stats = lstatSync(join(workspace, name), { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (name === path) throw taken(path, 'the repository has it already');
    if (stats.isFile()) throw taken(path, `${name} is a file`);
  }
}

function taken(path: string, why: string): UserError {
  return new UserError({
    id: 'secret-file-exists',
    message: `A secret file cannot be placed: ${why}.`,
    value: path,
    fix: 'Give it a path of its own under secret-files, and name that path in the Compose file.',
  });
}

function bad(line: number, why: string): UserError {
  return new UserError({
    id: 'bad-secret-file',
    message: `Line ${line} of the input secret-files ${why}.`,
    value: `line ${line}`,
    fix: 'Write one path=content a line, the path relative to the repository and the content on the same line as: base64 -w0 FILE',
  });
}
