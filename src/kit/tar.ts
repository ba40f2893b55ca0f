import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

export interface TarEntry {
  /** Relative path with forward slashes; a folder ends in one. */
  readonly path: string;
  readonly content: string | Buffer;
  /** Permission bits, e.g. 0o600. */
  readonly mode: number;
}

/** A tar archive in memory. Times are zero, so the same files give the same bytes. */
export async function tar(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, content, mode } of entries) {
    const type = path.endsWith('/') ? 'directory' : 'file';
    archive.entry({ name: path, mode, type, mtime: new Date(0) }, content);
  }
  archive.finalize();
  return buffer(archive);
}
