import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { getCACertificates } from 'node:tls';

/** One question to a server. */
export interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** What is asked for may not be longer than this many bytes. */
  readonly maxBytes?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const LONGEST_ANSWER = 4 * 1024 * 1024;
const MOST_REDIRECTS = 5;

/** The answer's body is longer than was allowed. */
export class TooLong extends Error {}

/**
 * HTTP with what fetch cannot do: trust in a private authority beside the usual ones, and redirects that take no login along.
 * Honours HTTPS_PROXY and NO_PROXY. Connections are kept, and do not keep the process alive.
 */
export class Transport {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #timeoutMs: number;

  /** @param timeoutMs for each question, from the first byte sent to the last one received */
  constructor(ca: string | undefined, timeoutMs: number) {
    const shared = { keepAlive: true, proxyEnv: process.env };
    this.#http = new HttpAgent(shared);
    const trusted = ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
    this.#https = new HttpsAgent({ ...shared, ...trusted });
    this.#timeoutMs = timeoutMs;
  }

  /** Asks, and follows the redirects of a GET or HEAD; the login goes to the first host only, and never from https to http. */
  async ask(question: Question): Promise<Answer> {
    let { url, headers } = question;
    for (let hop = 0; ; hop += 1) {
      const answer = await this.#once({ ...question, url, ...(headers && { headers }) });
      const { location } = answer.headers;
      const redirected = answer.status >= 301 && answer.status <= 308 && location !== undefined;
      if (!redirected || !['GET', 'HEAD'].includes(question.method)) return answer;
      if (hop === MOST_REDIRECTS) throw new Error(`more than ${MOST_REDIRECTS} redirects`);
      const next = new URL(location, url);
      if (next.origin !== url.origin) {
        if (url.protocol === 'https:' && next.protocol !== 'https:')
          throw new Error('a redirect from https to http');
        headers = Object.fromEntries(
          Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization'),
        );
      }
      url = next;
    }
  }

  #once(question: Question): Promise<Answer> {
    const { method, url, body, maxBytes = LONGEST_ANSWER } = question;
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const message = (secure ? httpsRequest : httpRequest)(
        url,
        {
          method,
          agent: secure ? this.#https : this.#http,
          headers: {
            'user-agent': 'slipway',
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
            ...question.headers,
          },
          signal: AbortSignal.timeout(this.#timeoutMs),
        },
        (response) => {
          const { statusCode: status = 0, headers } = response;
          // What a refusal says is no content: it has a limit of its own.
          const limit = status < 300 ? maxBytes : LONGEST_ANSWER;
          collect(response, limit).then((bytes) => {
            resolve({ status, headers, body: bytes });
          }, reject);
        },
      );
      message.on('error', reject);
      message.end(body);
    });
  }
}

async function collect(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new TooLong(`an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
