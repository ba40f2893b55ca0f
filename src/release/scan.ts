import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import type { RegistryClient } from '../registry/client.ts';
import { parseReference, type Reference } from '../registry/reference.ts';
import { type Artifact, artifactPlace, fetchArtifact, publishArtifact } from './artifact.ts';
import type { ReleaseRecord } from './record.ts';

const SCAN_TYPE = 'application/vnd.slipway.scan.v1+json';
const LARGEST_SCAN = 64 * 1024 * 1024;

/** What a scan of a release's images found, as it is kept beside the record. */
export interface ScanFile {
  readonly bytes: Buffer;
  /** What was scanned, by name; an image with its digest. */
  readonly images: Readonly<Record<string, string>>;
}

/** As much of the file as a record needs to know. */
const scanSchema = z.object({
  schema: z.literal(1),
  targets: z.record(z.string(), z.object({ reference: z.string() })),
});

/**
 * Reads the result that trivy-scan has left.
 * @throws UserError `scan-invalid` or `path-outside-workspace`
 */
export function readScan(file: string, workspace: string): ScanFile {
  const path = insideWorkspace(file, workspace);
  try {
    const bytes = readFileSync(path);
    const { targets } = scanSchema.parse(JSON.parse(bytes.toString('utf8')));
    const references = Object.entries(targets).map(([name, { reference }]) => [name, reference]);
    return { bytes, images: Object.fromEntries(references) as Record<string, string> };
  } catch (error) {
    throw new UserError(
      {
        id: 'scan-invalid',
        message: `The result of the scan cannot be read: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`,
        value: file,
        fix: 'Give the output scan of trivy-scan, and download its folder as an artifact before this step.',
      },
      { cause: error },
    );
  }
}

function artifactOf({ bytes }: ScanFile): Artifact {
  return { type: SCAN_TYPE, title: 'scan.json', bytes, annotations: {} };
}

/** Where the result is published, by digest, beside the records. */
export function scanPlace(repository: Reference, scan: ScanFile): Reference {
  return artifactPlace(repository, artifactOf(scan));
}

/** Publishes the result beside the records. */
export async function publishScan(
  client: RegistryClient,
  repository: Reference,
  scan: ScanFile,
): Promise<void> {
  await publishArtifact(client, repository, artifactOf(scan));
}

/**
 * The bytes of the result that a record names; undefined when it is gone.
 * @throws UserError `scan-foreign` or `digest-mismatch`, and what the registry is guilty of
 */
export async function fetchScan(
  client: RegistryClient,
  place: string,
): Promise<Buffer | undefined> {
  const fetched = await fetchArtifact(client, parseReference(place), SCAN_TYPE, {
    maxBytes: LARGEST_SCAN,
    foreign: () => foreign('It is no result of a scan', place),
  });
  return fetched?.bytes;
}

/**
 * Makes sure that exactly the images of a record were scanned.
 * @throws UserError `scan-foreign`
 */
export function checkScanned({ images }: ScanFile, { services }: ReleaseRecord): void {
  for (const [service, { image }] of Object.entries(services)) {
    const scanned = Object.hasOwn(images, service) ? images[service] : undefined;
    if (scanned === undefined) throw foreign(`It says nothing of ${service}`, image);
    if (digestIn(scanned) !== digestIn(image))
      throw foreign(`It is of another image of ${service}, ${scanned}`, image);
  }
}

function digestIn(image: string): string | undefined {
  return parseReference(image).digest;
}

function foreign(why: string, value: string): UserError {
  return new UserError({
    id: 'scan-foreign',
    message: `The result of the scan is not one of this release. ${why}.`,
    value,
    fix: 'Scan what is recorded, all of it: give trivy-scan the same legs and the same unchanged as release-record.',
  });
}
