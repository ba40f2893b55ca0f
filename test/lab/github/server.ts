import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CodeScanning, type NewSarif } from './code-scanning.ts';
import { Contents } from './contents.ts';
import { OpenApi } from './openapi.ts';
import { deploymentOf, type NewDeployment, type NewStatus, Repository } from './repository.ts';

type Access = 'read' | 'write' | 'none';

/** What a token may do, by the names of `permissions:` in a workflow. */
export interface Permissions {
  readonly deployments?: Access;
  readonly actions?: Access;
  readonly contents?: Access;
  readonly 'security-events'?: Access;
}

/** Something that goes wrong. */
export interface Fault {
  /** Which requests: method, then a part of the path, e.g. `POST /statuses`. */
  readonly on: string;
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many times; for ever without it. */
  times?: number;
}

export interface GitHubServerOptions {
  /** What each token may do. */
  readonly tokens: Readonly<Record<string, Permissions>>;
  /** `owner/name`; there is no other. */
  readonly repository?: string;
}

/**
 * A GitHub that knows one repository's deployments, their statuses, its workflow runs, files and code scanning, and answers as
 * https://docs.github.com/en/rest says. State is kept in memory. Every request, and every answer that is a success, is held against
 * GitHub's own description of its API; what does not fit makes close() fail. (Of runs, only what is read is answered.)
 */
export class GitHubServer {
  readonly repository: Repository;
  readonly contents = new Contents(() => this.#root());
  readonly codeScanning = new CodeScanning(() => this.#root());
  /** Method and path of every request, in order. */
  readonly requests: string[] = [];
  readonly faults: Fault[] = [];
  readonly #violations: string[] = [];
  readonly #tokens: Readonly<Record<string, Permissions>>;
  readonly #name: string;
  readonly #api = OpenApi.github();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      this.#violations.push(String(error));
      response.writeHead(500).end();
    });
  });

  private constructor({ tokens, repository = 'acme/saas-chat' }: GitHubServerOptions) {
    this.#tokens = tokens;
    this.#name = repository;
    this.repository = new Repository(() => this.url, repository);
  }

  static async start(options: GitHubServerOptions): Promise<GitHubServer> {
    const server = new GitHubServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  #root(): string {
    return `${this.url}/repos/${this.#name}`;
  }

  /** For GITHUB_API_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often this was asked, by method and a part of the path. */
  count(on: string): number {
    return this.requests.filter((line) => matches(line, on)).length;
  }

  /** Ends the server. @throws Error when it was asked something that GitHub would not understand */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    if (this.#violations.length > 0) throw new Error(this.#violations.join('\n'));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '' } = request;
    const url = new URL(request.url ?? '', this.url);
    const line = `${method} ${url.pathname}${url.search}`;
    this.requests.push(line);
    const content = await text(request);
    const body: unknown = content === '' ? undefined : JSON.parse(content);
    const send = (status: number, data: unknown, headers: Record<string, string> = {}): void => {
      const whole = !url.pathname.endsWith('/actions/runs');
      if (status < 300 && whole)
        this.#violations.push(...this.#api.response(method, url, status, data));
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '4999',
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3600),
        ...headers,
      });
      response.end(JSON.stringify(data));
    };
    const refuse = (status: number, message: string, headers?: Record<string, string>): void => {
      send(
        status,
        { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
        headers,
      );
    };

    const fault = this.faults.find(({ on, times = 1 }) => times > 0 && matches(line, on));
    if (fault !== undefined) {
      if (fault.times !== undefined) fault.times -= 1;
      refuse(fault.status, fault.message ?? 'Server Error', { ...fault.headers });
      return;
    }
    const problems = this.#api.request(method, url, body);
    this.#violations.push(...problems);
    if (problems.length > 0) {
      refuse(422, problems.join('; '));
      return;
    }
    this.#serve(request, url, body, { send, refuse });
  }

  #serve(
    { method = '', headers }: IncomingMessage,
    url: URL,
    body: unknown,
    { send, refuse }: Answers,
  ): void {
    const token = /^(?:token|bearer) (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    const may = Object.hasOwn(this.#tokens, token) ? this.#tokens[token] : undefined;
    if (may === undefined) {
      refuse(401, 'Bad credentials');
      return;
    }
    if (!url.pathname.startsWith(`/repos/${this.#name}/`)) {
      refuse(404, 'Not Found');
      return;
    }
    const path = url.pathname.slice(`/repos/${this.#name}/`.length);
    const area = areaOf(path);
    const needed = method === 'GET' ? 'read' : 'write';
    const has = may[area] ?? 'none';
    if (has !== 'write' && has !== needed) {
      refuse(403, 'Resource not accessible by integration', {
        'x-accepted-github-permissions': `${area.replace('-', '_')}=${needed}`,
      });
      return;
    }
    const page = (items: readonly unknown[]): void => {
      const { slice, link } = paged(items, url);
      send(200, slice, link);
    };
    const environment = /^environments\/([^/]+)$/.exec(path)?.[1];
    const statuses = /^deployments\/(\d+)\/statuses$/.exec(path)?.[1];
    const file = /^contents\/(.+)$/.exec(decodeURIComponent(path))?.[1];
    const upload = /^code-scanning\/sarifs\/([^/]+)$/.exec(path)?.[1];
    if (file !== undefined) {
      const found = this.contents.at(file, url.searchParams.get('ref') ?? 'main');
      if (typeof found === 'string') refuse(404, found);
      else send(200, found);
    } else if (path === 'code-scanning/sarifs') {
      send(202, this.codeScanning.add(body as NewSarif));
    } else if (upload !== undefined) {
      const status = this.codeScanning.status(upload);
      if (status === undefined) refuse(404, 'Not Found');
      else send(200, status);
    } else if (path === 'actions/runs') {
      const runs = this.repository.runsOf(url.searchParams.get('head_sha'));
      send(200, { total_count: runs.length, workflow_runs: runs });
    } else if (environment !== undefined) {
      const known = this.repository.environmentOf(environment);
      if (known === undefined) refuse(404, 'Not Found');
      else send(200, known);
    } else if (statuses !== undefined) {
      const deployment = this.repository.deployments.find(({ id }) => id === Number(statuses));
      if (deployment === undefined) refuse(404, 'Not Found');
      else if (method === 'GET') page(deployment.statuses);
      else send(201, this.repository.addStatus(deployment.id, body as NewStatus));
    } else if (method === 'GET') {
      page(this.repository.matching(url.searchParams).map(deploymentOf));
    } else {
      this.#create(body as NewDeployment, { send, refuse });
    }
  }

  /** Source: https://docs.github.com/en/rest/deployments/deployments#create-a-deployment */
  #create(wanted: NewDeployment, { send, refuse }: Answers): void {
    if (wanted.auto_merge ?? true) send(202, { message: 'Auto-merged main into the ref.' });
    else if (wanted.required_contexts === undefined)
      refuse(409, 'Conflict: Commit status checks failed for this ref.');
    else send(201, deploymentOf(this.repository.addDeployment(wanted)));
  }
}

/** Which permission a path asks for. */
function areaOf(path: string): keyof Permissions {
  if (/^(?:actions|environments)\//.test(path)) return 'actions';
  if (path.startsWith('contents/')) return 'contents';
  return path.startsWith('code-scanning/') ? 'security-events' : 'deployments';
}

interface Answers {
  readonly send: (status: number, data: unknown, headers?: Record<string, string>) => void;
  readonly refuse: (status: number, message: string, headers?: Record<string, string>) => void;
}

/** Source: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
function paged(
  items: readonly unknown[],
  url: URL,
): { slice: unknown[]; link: Record<string, string> } {
  const size = Number(url.searchParams.get('per_page') ?? 30);
  const number = Number(url.searchParams.get('page') ?? 1);
  const slice = items.slice((number - 1) * size, number * size);
  if (number * size >= items.length) return { slice, link: {} };
  const next = new URL(url);
  next.searchParams.set('page', String(number + 1));
  return { slice, link: { link: `<${next.href}>; rel="next"` } };
}

function matches(line: string, on: string): boolean {
  const [method = '', part = ''] = on.split(' ');
  return line.startsWith(`${method} `) && line.includes(part);
}
