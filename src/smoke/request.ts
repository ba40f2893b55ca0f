import type { Clock } from '../kit/clock.ts';
import { formatDuration } from '../kit/duration.ts';

const LARGEST_BODY = 1024 * 1024;

/** The host said something. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Where a redirect leads. */
  readonly location: string | undefined;
  /** Undefined when nobody asked for it. */
  readonly body: { readonly text: string } | { readonly trouble: string } | undefined;
  readonly ms: number;
}

/** It did not, or nothing that is HTTP. */
interface Silence {
  readonly kind: 'silence';
  /** Stable: an error code such as ECONNREFUSED. */
  readonly code: string;
  readonly why: string;
  readonly ms: number;
}

export type Reply = (Answer | Silence) & { readonly timedOut: boolean };

interface Question {
  readonly url: URL;
  readonly withBody: boolean;
  readonly timeoutMs: number;
}

/** Sends one request over a connection of its own and waits for the whole reply. Never rejects; everything in a reply is hostile. */
export async function ask({ url, withBody, timeoutMs }: Question, clock: Clock): Promise<Reply> {
  const started = clock.now();
  const patience = new AbortController();
  // A socket needs real time, whatever the clock is.
  const timer = setTimeout(() => {
    patience.abort();
  }, timeoutMs);
  const late = `within ${formatDuration(timeoutMs)}`;
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: patience.signal,
      // A kept connection stays with the server that it once found; the answers in a row must be able to come from all of them.
      headers: { 'user-agent': 'slipway-smoke-test', connection: 'close' },
    });
    const location = response.headers.get('location') ?? undefined;
    const body = withBody ? await bodyOf(response, late) : undefined;
    const ms = clock.now() - started;
    const timedOut = patience.signal.aborted;
    return { kind: 'answer', status: response.status, location, body, ms, timedOut };
  } catch (error) {
    const timedOut = patience.signal.aborted;
    const told = timedOut ? { code: 'timeout', why: `no answer ${late}` } : explain(error);
    return { kind: 'silence', ...told, ms: clock.now() - started, timedOut };
  } finally {
    clearTimeout(timer);
    patience.abort(); // ends a body that nobody reads
  }
}

/** Once the status is there the host has answered: whatever goes wrong with the body is a wrong answer, not silence. */
async function bodyOf(response: Response, late: string): Promise<Answer['body']> {
  const stream = (response.body ?? []) as AsyncIterable<Uint8Array>;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > LARGEST_BODY) return { trouble: 'the body is larger than 1 MiB' };
      chunks.push(chunk);
    }
  } catch (error) {
    if ((error as Error).name === 'AbortError') return { trouble: `the body did not end ${late}` };
    return { trouble: `the body broke off: ${explain(error).why}` };
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)) };
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before an answer',
  UND_ERR_SOCKET: 'the connection was closed before an answer',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  'bad port': 'this port is reserved for another protocol, and HTTP clients refuse it',
};

/** `fetch failed` says nothing; the reason is in the cause, and with several addresses in one error for each. */
function explain(error: unknown): { readonly code: string; readonly why: string } {
  const { cause } = error as Fault;
  const reason = cause?.errors?.[0] ?? cause ?? (error as Fault);
  const code = typeof reason.code === 'string' ? reason.code : 'unknown';
  const { message = 'the request failed' } = reason;
  const known = [code, message].find((key) => Object.hasOwn(WORDS, key));
  return { code, why: WORDS[known ?? ''] ?? message };
}

interface Fault {
  readonly message?: string;
  readonly code?: unknown;
  readonly cause?: Fault;
  readonly errors?: readonly Fault[];
}
