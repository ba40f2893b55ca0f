import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '../../src/registry/digest.ts';
import type { Artifact } from './trivy-database.ts';

/** What is asked for. */
type Part = 'manifest' | 'blob';

/** A status to refuse with; never an answer; half of it, then a broken connection; other bytes of the same length. */
export type Fault = 401 | 403 | 404 | 429 | 503 | 'hang' | 'truncate' | 'corrupt';

export interface FaultyOptions {
  readonly faults?: Partial<Record<Part, Fault>>;
  /** How often each fault happens, before all is well; always, when it is not given. */
  readonly times?: number;
  /** What a refusal says about coming back, in seconds. */
  readonly retryAfter?: number;
}

/** A registry over plain HTTP that has one artifact and serves it badly. */
export interface FaultyRegistry {
  /** `host:port` */
  readonly address: string;
  /** With the tag that belongs to the artifact. */
  readonly repository: string;
  /** How often each part was asked for with GET. */
  readonly asked: Readonly<Record<Part, number>>;
  close(): Promise<void>;
}

/** Codes of the errors: https://github.com/opencontainers/distribution-spec, "Error Codes". */
const CODES = {
  401: () => 'UNAUTHORIZED',
  403: () => 'DENIED',
  404: (part: Part) => (part === 'manifest' ? 'MANIFEST_UNKNOWN' : 'BLOB_UNKNOWN'),
  429: () => 'TOOMANYREQUESTS',
  503: () => 'UNAVAILABLE',
};

/** @param name repository and tag, e.g. `trivy-db:2` */
export async function startFaultyRegistry(
  artifact: Artifact,
  name: string,
  { faults = {}, times = Infinity, retryAfter }: FaultyOptions = {},
): Promise<FaultyRegistry> {
  const asked = { manifest: 0, blob: 0 };
  const blobs = new Map([artifact.config, artifact.layer].map((bytes) => [digestOf(bytes), bytes]));
  const server = createServer(({ method, url = '' }, response) => {
    const [, part, reference = ''] = /\/(manifest|blob)s\/([^/?]+)$/.exec(url) ?? [];
    if (part !== 'manifest' && part !== 'blob') {
      response.end();
      return;
    }
    if (method === 'GET') asked[part] += 1;
    const bytes = part === 'manifest' ? artifact.manifest : blobs.get(reference);
    const fault = asked[part] <= times ? faults[part] : undefined;
    if (bytes === undefined) refuse(response, 404, part);
    else if (typeof fault === 'number') refuse(response, fault, part, retryAfter);
    else serve(response, part, bytes, method === 'HEAD' ? undefined : fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    repository: `${address}/${name}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function refuse(
  response: ServerResponse,
  status: keyof typeof CODES,
  part: Part,
  retryAfter?: number,
): void {
  const errors = [{ code: CODES[status](part), message: `as the lab was told to (${status})` }];
  if (status === 401) response.setHeader('www-authenticate', 'Basic realm="lab"');
  if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors }));
}

function serve(
  response: ServerResponse,
  part: Part,
  bytes: Buffer,
  fault: 'hang' | 'truncate' | 'corrupt' | undefined,
): void {
  if (fault === 'hang' && part === 'manifest') return;
  const type = 'application/vnd.oci.image.manifest.v1+json';
  response.writeHead(200, {
    'content-length': bytes.length,
    'content-type': part === 'manifest' ? type : 'application/octet-stream',
    'docker-content-digest': digestOf(bytes),
  });
  const half = bytes.subarray(0, bytes.length / 2);
  switch (fault) {
    case undefined:
      response.end(bytes);
      break;
    case 'hang':
      response.write(half);
      break;
    case 'truncate':
      response.write(half, () => response.destroy());
      break;
    case 'corrupt':
      response.end(Buffer.concat([half, Buffer.alloc(bytes.length - half.length, 'x')]));
      break;
  }
}
