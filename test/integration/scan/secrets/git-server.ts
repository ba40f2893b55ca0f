import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { start } from '../../../../src/kit/process.ts';

/** A git server as GitHub's is: over HTTP, by git's own backend, for those who show the token. */
export class GitServer {
  /** The Authorization header of every request. */
  readonly seen: (string | undefined)[] = [];
  readonly #folder: string;
  readonly #header: string;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  private constructor(folder: string, token: string) {
    this.#folder = folder;
    this.#header = `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  }

  /** @param folder whose repositories are served */
  static async start(folder: string, token: string): Promise<GitServer> {
    const server = new GitServer(folder, token);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Source: https://git-scm.com/docs/git-http-backend */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = request.headers;
    this.seen.push(authorization);
    if (authorization !== this.#header) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end();
      return;
    }
    const { pathname, search } = new URL(request.url ?? '/', this.url);
    const backend = start('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        REMOTE_USER: 'x-access-token',
      },
    });
    request.pipe(backend.stdin);
    backend.stderr.resume();
    const chunks: Buffer[] = [];
    for await (const chunk of backend.stdout) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    const headers = Object.fromEntries(
      answer
        .toString('latin1', 0, end)
        .split('\r\n')
        .map((line) => line.split(': ')),
    ) as Record<string, string>;
    const { Status: status = '200', ...rest } = headers;
    response.writeHead(Number.parseInt(status), rest).end(answer.subarray(end + 4));
  }
}
