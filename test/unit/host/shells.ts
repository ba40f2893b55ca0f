import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, run } from '../../../src/kit/process.ts';
import { BOOTSTRAP, bootstrapInput, hostProgram } from '../../../src/host/program.ts';
import { type Arguments, encodeRequest } from '../../../src/host/protocol.ts';
import { tar } from '../../../src/kit/tar.ts';
import { folderWith } from '../kit/support.ts';

/** The tools that a host has; Docker is not among them. */
const TOOLS = (
  'awk cat chmod cmp cp cut date dd df diff dirname env find flock grep id ln ls mkdir mktemp mv readlink ' +
  'rm rmdir sed setsid sleep sort tail tar timeout tr true'
).split(' ');

export const SHELLS = ['dash', 'bash', 'busybox'] as const;
export type Shell = (typeof SHELLS)[number];

/** Where a tool lies; not `command -v`, which knows some as built in. */
export function which(tool: string): string {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, tool)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(`${tool} is missing. Install it: sudo apt-get install -y ${tool}`);
}

/** Folders for PATH: the machine's own tools with one shell as sh; with busybox all that it has. */
const paths = new Map<Shell, Promise<string>>();

/** A folder for PATH with a shell as sh and the tools of a host, without Docker; the same at every call. */
export function pathOf(shell: Shell): Promise<string> {
  const path = paths.get(shell) ?? makePath(shell);
  paths.set(shell, path);
  return path;
}

async function makePath(shell: Shell): Promise<string> {
  const applets = (await run(which('busybox'), ['--list'])).stdout.split('\n');
  const folder = folderWith();
  for (const tool of ['sh', ...TOOLS]) {
    const own = shell === 'busybox' && applets.includes(tool);
    symlinkSync(which(own ? 'busybox' : tool === 'sh' ? shell : tool), join(folder, tool));
  }
  return folder;
}

/** The host program, kept from finding the Docker of this machine. */
function program(): string {
  const text = hostProgram().replace(':/usr/local/bin:/snap/bin', '');
  if (text === hostProgram()) throw new Error('the program looks elsewhere for Docker now');
  return text;
}

/** A machine for the program to run on. */
interface Machine {
  readonly shell: Shell;
  readonly home: string;
  /** A folder whose programs win over the machine's own. */
  readonly before?: string;
  /** Tools that it does not have. */
  readonly lacks?: readonly string[];
}

interface Talk extends Finished {
  readonly lines: readonly string[];
  readonly home: string;
}

/** Runs the bootstrap in an empty home, hands it the program and these bytes, and lets it end. */
export async function talk(shell: Shell, ...input: (string | Buffer)[]): Promise<Talk> {
  return talkOn({ shell, home: folderWith() }, ...input);
}

/** The same on a machine that has, or lacks, a few things. */
export async function talkOn(
  { shell, home, before = '', lacks = [] }: Machine,
  ...input: (string | Buffer)[]
): Promise<Talk> {
  const tools = await pathOf(shell);
  const rest = folderWith();
  for (const tool of ['sh', ...TOOLS])
    if (!lacks.includes(tool)) symlinkSync(join(tools, tool), join(rest, tool));
  const path = before === '' ? rest : `${before}:${rest}`;
  const finished = await run(join(tools, 'sh'), ['-c', BOOTSTRAP], {
    cwd: home,
    env: { PATH: path, HOME: home, TMPDIR: folderWith() },
    input: Buffer.concat([bootstrapInput(program()), ...input.map((part) => Buffer.from(part))]),
    timeoutMs: 20_000,
  });
  return { ...finished, lines: finished.stdout.split('\n').slice(0, -1), home };
}

/** A request to prepare, with an archive that holds one file. */
export async function prepare(root: string, more: Arguments = {}, content = ''): Promise<Buffer> {
  const archive = await tar([{ path: 'src/.env', content, mode: 0o600 }]);
  return encodeRequest('prepare', { ...more, root, tx: 't1', size: archive.length }, [archive]);
}
