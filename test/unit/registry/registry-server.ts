import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { digestOf } from '../../../src/registry/digest.ts';

interface Fault {
  /** Which requests: method, then a part of the path, e.g. `PUT manifests`. */
  readonly on: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How many times; for ever without it. */
  times?: number;
}

/** A small registry in memory that keeps to the distribution specification, and breaks it where a test says so. */
export class RegistryServer {
  /** Content by `repository/blobs/digest`, `repository/manifests/tag` and `repository/manifests/digest`. */
  readonly content = new Map<string, { bytes: Buffer; mediaType: string }>();
  readonly requests: { line: string; authorization: string | undefined }[] = [];
  readonly faults: Fault[] = [];
  /** What a request must carry to be let in; undefined lets everybody in. */
  authorization: string | undefined;
  challenge = '';
  /** Where blobs are kept, when not here. */
  blobHost: string | undefined;
  readonly #uploads = new Set<string>();

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  };

  /** How often this was asked, by method and a part of the path. */
  count(on: string): number {
    return this.requests.filter(({ line }) => matches(line, on)).length;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const { authorization } = request.headers;
    this.requests.push({ line: `${method} ${url}`, authorization });
    const body = await buffer(request);
    const fault = this.faults.find(
      ({ on, times = 1 }) => times > 0 && matches(`${method} ${url}`, on),
    );
    if (fault) {
      if (fault.times !== undefined) fault.times -= 1;
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (this.authorization !== undefined && authorization !== this.authorization) {
      response.writeHead(401, { 'www-authenticate': this.challenge });
      response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
      return;
    }
    const [path = '', query = ''] = url.split('?');
    const key = path.replace(/^\/v2\//, '');
    const parts = /^(.+)\/blobs\/uploads\/(.*)$/.exec(key);
    if (parts) this.#upload(request, response, parts[1] ?? '', parts[2] ?? '', query, body);
    else if (method === 'PUT') this.#store(request, response, key, body);
    else this.#send(request, response, key);
  }

  #upload(
    { method = '' }: IncomingMessage,
    response: ServerResponse,
    repository: string,
    id: string,
    query: string,
    bytes: Buffer,
  ): void {
    if (method === 'POST') {
      const session = randomBytes(4).toString('hex');
      this.#uploads.add(session);
      response.writeHead(202, {
        location: `/v2/${repository}/blobs/uploads/${session}?_state=x%2Fy`,
      });
    } else if (!this.#uploads.delete(id) || !query.includes('_state=x%2Fy')) {
      response.writeHead(404);
    } else if (method === 'DELETE') {
      response.writeHead(204);
    } else {
      const digest = new URLSearchParams(query).get('digest') ?? '';
      const good = digest === digestOf(bytes);
      if (good) {
        const mediaType = 'application/octet-stream';
        this.content.set(`${repository}/blobs/${digest}`, { bytes, mediaType });
      }
      response.writeHead(good ? 201 : 400);
    }
    response.end();
  }

  #store({ headers }: IncomingMessage, response: ServerResponse, key: string, bytes: Buffer): void {
    const content = { bytes, mediaType: headers['content-type'] ?? '' };
    const digest = digestOf(bytes);
    this.content.set(key, content);
    this.content.set(key.replace(/[^/]*$/, digest), content);
    response.writeHead(201, { 'docker-content-digest': digest }).end();
  }

  #send({ method }: IncomingMessage, response: ServerResponse, key: string): void {
    const found = this.content.get(key);
    if (found === undefined) {
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}');
      return;
    }
    if (this.blobHost !== undefined && key.includes('/blobs/')) {
      response.writeHead(307, { location: `${this.blobHost}/${key}` }).end();
      return;
    }
    response.writeHead(200, {
      'content-type': found.mediaType,
      'content-length': found.bytes.length,
      'docker-content-digest': digestOf(found.bytes),
    });
    response.end(method === 'HEAD' ? undefined : found.bytes);
  }
}

function matches(line: string, on: string): boolean {
  const [method = '', part = ''] = on.split(' ');
  return line.startsWith(`${method} `) && line.includes(part);
}
