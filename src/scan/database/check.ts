import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TrivyContext } from '../trivy/run.ts';
import { failure, stale } from './failure.ts';
import type { Kind } from './kinds.ts';
import { probe } from './probe.ts';

/** Clocks differ a little. */
const SKEW_MS = 3_600_000;

const date = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const metadataSchema = z.looseObject({
  Version: z.int().default(0),
  UpdatedAt: date,
  // Of the year 1 where Trivy did not fetch it itself.
  DownloadedAt: date.optional(),
});

/**
 * Looks whether a database is one that a scan can rely on: Trivy itself takes a stale, an empty or a truncated one without a word.
 * @param cacheDir the folder that Trivy would be given
 * @param value where it came from, for the error
 * @returns when it was made
 * @throws UserError `database-corrupt`, `-empty`, `-schema`, `-clock`, `-timeout`; last of all Stale, so that a stale one is sound else
 */
export async function check(
  kind: Kind,
  value: string,
  maxAgeMs: number,
  context: TrivyContext,
): Promise<Date> {
  const { Version, UpdatedAt, DownloadedAt } = metadataOf(kind, value, context.cacheDir);
  if (Version !== kind.schema) {
    const age = Version < kind.schema ? 'older' : 'newer';
    const why = `its schema ${Version} is ${age} than ${kind.schema}`;
    throw failure('database-schema', kind, value, why);
  }
  const now = context.clock.now();
  const latest = Math.max(UpdatedAt.getTime(), DownloadedAt?.getTime() ?? 0);
  if (latest > now + SKEW_MS) {
    const why = `${new Date(latest).toISOString()}, and here it is ${new Date(now).toISOString()}`;
    throw failure('database-clock', kind, value, why);
  }
  const file = join(context.cacheDir, kind.folder, kind.file);
  const { length, wanted } = lengthOf(kind, value, file);
  if (length < wanted) {
    const why = `${length} bytes of ${kind.file} are there, and ${wanted} belong to it`;
    throw failure('database-corrupt', kind, value, why);
  }
  await probe(kind, value, context);
  if (UpdatedAt.getTime() < now - maxAgeMs) throw stale(kind, value, UpdatedAt, maxAgeMs);
  return UpdatedAt;
}

function metadataOf(kind: Kind, value: string, cacheDir: string): z.infer<typeof metadataSchema> {
  try {
    const text = readFileSync(join(cacheDir, kind.folder, 'metadata.json'), 'utf8');
    return metadataSchema.parse(JSON.parse(text));
  } catch {
    throw failure('database-corrupt', kind, value, 'its metadata.json cannot be read');
  }
}

/** How long the file is, and how long it says that it is: what is cut off would be missed only by the scan that needs it. */
function lengthOf(kind: Kind, value: string, file: string): { length: number; wanted: number } {
  const head = Buffer.alloc(65_536 + 80);
  try {
    const handle = openSync(file, 'r');
    try {
      readSync(handle, head, 0, head.length, 0);
    } finally {
      closeSync(handle);
    }
    const wanted = kind.name === 'java' ? sqliteLength(head) : boltLength(head);
    return { length: statSync(file).size, wanted };
  } catch {
    throw failure('database-corrupt', kind, value, `there is no readable ${kind.file}`);
  }
}

/** Source: https://www.sqlite.org/fileformat.html#the_database_header */
function sqliteLength(head: Buffer): number {
  const pageSize = head.readUInt16BE(16);
  return (pageSize === 1 ? 65_536 : pageSize) * head.readUInt32BE(28);
}

/**
 * bbolt keeps two meta pages, of which the later transaction counts; each holds the number of the first page that was never used.
 * Source: go.etcd.io/bbolt, internal/common/meta.go and page.go (a page's header is 16 bytes).
 */
function boltLength(head: Buffer): number {
  const META = 16;
  const pageSize = head.readUInt32LE(META + 8);
  const metas = [META, pageSize + META].map((at) => ({
    pages: head.readBigUInt64LE(at + 40),
    transaction: head.readBigUInt64LE(at + 48),
  }));
  const [latest] = metas.sort((a, b) => (a.transaction < b.transaction ? 1 : -1));
  return Number(latest?.pages ?? 0n) * pageSize;
}
