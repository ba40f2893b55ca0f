import { messageOf } from '../../kit/errors.ts';
import type { Log } from '../../kit/log.ts';
import { safeLine } from '../../kit/text.ts';
import { digestOf } from '../../registry/digest.ts';
import { download } from './download.ts';
import type { Archive, Program } from './pins.ts';
import { type Shelf, shelves } from './shelf.ts';
import type { Origin, Terms, ToolContext } from './tool.ts';

/**
 * The bytes of an archive, held to its checksum: from the nearest shelf that has it, or else fetched. They are then put on the shelves
 * where they were missing.
 * @throws UserError `tool-unavailable`, `tool-corrupt` or `url-invalid`
 */
export async function bytesOf(
  program: Program,
  archive: Archive,
  terms: Terms,
  context: ToolContext,
): Promise<{ readonly bytes: Buffer; readonly origin: Origin }> {
  const { log, scratch } = context;
  const all = shelves(program, archive, scratch);
  const found = await lookFor(archive, all, log);
  const bytes = found?.bytes ?? (await download(program, archive, terms, context));
  const nearer = found === undefined ? all : all.slice(0, all.indexOf(found.shelf));
  for (const shelf of nearer)
    await shelf.put(bytes).catch((error: unknown) => {
      log.info(`${archive.file} is not kept in the ${shelf.name}: ${safeLine(messageOf(error))}`);
    });
  return { bytes, origin: found?.shelf.name ?? 'download' };
}

/** A shelf that is broken, or holds other bytes, is passed by: it is a help, never a condition. */
async function lookFor(
  { file, sha256 }: Archive,
  all: readonly Shelf[],
  log: Log,
): Promise<{ readonly bytes: Buffer; readonly shelf: Shelf } | undefined> {
  for (const shelf of all) {
    const bytes = await shelf.take().catch((error: unknown) => {
      log.info(`The ${shelf.name} cannot be read: ${safeLine(messageOf(error))}`);
      return undefined;
    });
    if (bytes === undefined) continue;
    if (digestOf(bytes) === `sha256:${sha256}`) return { bytes, shelf };
    log.warning(`${file} in the ${shelf.name} is not what was released, and is not used.`);
  }
  return undefined;
}
