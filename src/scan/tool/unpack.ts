import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';

/**
 * Writes one file of an archive (.tar.gz) to a path, executable. Nothing else of the archive is used, no path of it either, so whatever
 * else it holds cannot be written anywhere.
 * @throws Error when it is damaged or does not hold the file
 */
export async function takeFile(archive: Buffer, name: string, path: string): Promise<void> {
  const entries = extract();
  const [, found] = await Promise.all([
    pipeline(Readable.from([archive]), createGunzip({ chunkSize: 1024 * 1024 }), entries),
    writeFrom(entries, name, path),
  ]);
  if (!found) throw new Error(`it holds no file ${name}`);
}

async function writeFrom(entries: Extract, name: string, path: string): Promise<boolean> {
  let found = false;
  for await (const entry of entries) {
    const { name: its, type } = entry.header;
    if (type === 'file' && (its === name || its === `./${name}`)) {
      await pipeline(entry, createWriteStream(path, { mode: 0o755 }));
      found = true;
    } else entry.resume();
  }
  return found;
}
