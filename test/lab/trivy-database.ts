import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../src/kit/clock.ts';
import { tar } from '../../src/kit/tar.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import { digestOf } from '../../src/registry/digest.ts';
import { formatReference, parseReference } from '../../src/registry/reference.ts';
import { registry, sh } from './engine.ts';
import type { Lab } from './lab.ts';
import { toolPath } from './tool.ts';

/** How a database differs from the one that Trivy expects: a good one of today. */
export interface DatabaseOptions {
  readonly updatedAt?: Date;
  /** Default 2; of the Java database, 1. */
  readonly schema?: number;
  readonly empty?: boolean;
}

const KINDS = {
  vulnerability: { repository: 'trivy-db:2', layer: 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip', file: 'db.tar.gz' },
  java: { repository: 'trivy-java-db:1', layer: 'application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip', file: 'javadb.tar.gz' },
} as const; // prettier-ignore

/** A database as an OCI artifact. */
export interface Artifact {
  readonly manifest: Buffer;
  readonly config: Buffer;
  readonly layer: Buffer;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Publishes a small, real vulnerability database in the lab's registry, as Trivy's own is published, and gives back its repository for
 * `--db-repository`. tools/trivy-db/data.go says what stands in it. In short:
 * - every image on node:24 or redis:7 has CVE-2011-3374 (apt, low), CVE-2005-2541 (tar, low), CVE-2025-30258 (gpgv, medium), all without
 *   a fix, and CVE-2099-0001 (tzdata, medium, fixed); nginx:1 is of Debian sid, of which neither this nor the public database knows anything;
 * - what else there is has to be carried into an image: see `carry`.
 */
export async function vulnerabilityDatabase(
  lab: Lab,
  options: DatabaseOptions = {},
): Promise<string> {
  return publish(lab, 'vulnerability', options);
}

/** The same for the Java database (`--java-db-repository`): it knows log4j-core 2.14.1 and commons-lang3 3.12.0. */
export async function javaDatabase(lab: Lab, options: DatabaseOptions = {}): Promise<string> {
  return publish(lab, 'java', options);
}

async function publish(
  lab: Lab,
  kind: keyof typeof KINDS,
  options: DatabaseOptions,
): Promise<string> {
  const artifact = await buildArtifact(lab.folder, kind, options);
  const client = new RegistryClient({
    credentials: () => Promise.resolve(registry),
    plainHttp: [],
    ca: readFileSync(registry.authority, 'utf8'),
    clock: systemClock,
  });
  // Each in a repository of its own: several suites publish at the same time.
  const name = basename(mkdtempSync(join(lab.folder, 'published-'))).toLowerCase();
  const reference = parseReference(`${registry.address}/${name}/${KINDS[kind].repository}`);
  await client.putBlob(reference, artifact.config);
  await client.putBlob(reference, artifact.layer);
  await client.putManifest(reference, artifact.manifest, MANIFEST);
  return formatReference(reference);
}

/** Builds a database with the program of tools/trivy-db, and packs it. */
export async function buildArtifact(
  parent: string,
  kind: keyof typeof KINDS,
  { updatedAt = new Date(), schema = 0, empty = false }: DatabaseOptions,
): Promise<Artifact> {
  const folder = mkdtempSync(join(parent, 'database-'));
  const program = await toolPath('trivy-db');
  const time = updatedAt.toISOString().replace(/\.\d+/, '');
  await sh(program, [kind, '-updated', time, '-schema', String(schema), `-empty=${empty}`, folder]);
  const entries = readdirSync(folder).map((path) => ({
    path,
    content: readFileSync(join(folder, path)),
    mode: 0o600,
  }));
  return pack(kind, gzipSync(await tar(entries)));
}

/** @param layer gzipped tar @param mediaType of the layer, where it is not the right one */
export function pack(
  kind: keyof typeof KINDS,
  layer: Buffer,
  mediaType: string = KINDS[kind].layer,
): Artifact {
  const config = Buffer.from('{}');
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor('application/vnd.aquasec.trivy.config.v1+json', config),
    layers: [
      {
        ...descriptor(mediaType, layer),
        annotations: { 'org.opencontainers.image.title': KINDS[kind].file },
      },
    ],
  };
  return { manifest: Buffer.from(JSON.stringify(manifest)), config, layer };
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** What makes an image, or a folder, have something of the database: files, by their path. */
const CARRIERS = {
  /** CVE-2023-38545 critical and CVE-2023-38546 low, both fixed. */
  curl: debian('curl', 'curl', '7.88.1-10+deb12u3'),
  /** CVE-2023-4863 high, fixed. */
  webp: debian('libwebp7', 'libwebp', '1.2.4-0.2'),
  /** CVE-2023-6879 critical, no fix. */
  aom: debian('libaom3', 'aom', '3.6.0-1'),
  /** CVE-2023-2953 high, no fix. */
  ldap: debian('libldap-2.5-0', 'openldap', '2.5.13+dfsg-5'),
  /** CVE-2099-0002 of unknown severity, fixed. */
  jq: debian('jq', 'jq', '1.6-2.1'),
  /** CVE-2021-23337 high and CVE-2020-28500 medium, both fixed. */
  lodash: npm('lodash', '4.17.20'),
  /** CVE-2021-44906 critical, fixed. */
  minimist: npm('minimist', '1.2.5'),
  /** CVE-2024-29415 high, no fix. */
  ip: npm('ip', '2.0.1'),
  /** CVE-2020-14343 critical, fixed. */
  pyyaml: {
    'usr/lib/python3/dist-packages/PyYAML-5.3.dist-info/METADATA':
      'Metadata-Version: 2.1\nName: PyYAML\nVersion: 5.3\n',
  },
  /** CVE-2021-44228 critical, fixed. The jar is empty, so that it takes the Java database to know it. */
  log4j: { 'app/log4j-core-2.14.1.jar': Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`, 'latin1') },
} satisfies Record<string, Record<string, string | Buffer>>;

/** Lays files below a folder, so that `COPY <folder> /` on node:24 or redis:7 of the lab gives an image what is named. */
export function carry(folder: string, ...names: (keyof typeof CARRIERS)[]): void {
  for (const name of names) {
    for (const [path, content] of Object.entries<string | Buffer>(CARRIERS[name])) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  }
}

/** A package that dpkg believes to be installed. */
function debian(name: string, source: string, version: string): Record<string, string> {
  const fields = [`Package: ${name}`, 'Status: install ok installed', `Source: ${source}`, `Version: ${version}`, 'Architecture: amd64', 'Maintainer: The lab <lab@example.com>']; // prettier-ignore
  return { [`var/lib/dpkg/status.d/${name}`]: `${fields.join('\n')}\n` };
}

function npm(name: string, version: string): Record<string, string> {
  return { [`app/node_modules/${name}/package.json`]: JSON.stringify({ name, version }) };
}
