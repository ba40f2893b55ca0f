import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** What one stream of requests aims at. */
export interface Stream {
  readonly url: string;
  /** Under which name, where it is not that of the address. */
  readonly host?: string;
  readonly perSecond: number;
  /** `fresh` opens a connection for each request, `keep-alive` reuses a few. */
  readonly connections: 'fresh' | 'keep-alive';
}

export interface MeterOptions {
  readonly streams: readonly Stream[];
  /** A WebSocket that echoes; each message must come back. A server may close it, and must then take a new one. */
  readonly webSocket?: string;
  /** An unanswered request counts as failed after this many milliseconds. */
  readonly timeoutMs?: number;
  /** The load ends by itself after this time. */
  readonly maxMs?: number;
}

export interface Count {
  sent: number;
  failed: number;
  /** Requests that met the end of a kept connection and were asked again, as clients do. */
  retried: number;
  /** Connections of the WebSocket that the server ended in order. */
  reconnects: number;
  /** How often each failure was seen. */
  readonly failures: Record<string, number>;
}

/**
 * An open-loop load: requests leave at their times whether or not earlier ones were answered, so a stall is seen in full
 * (Gil Tene, "How NOT to Measure Latency"). It runs in a process of its own, see load.ts.
 */
export class Meter {
  readonly #options: MeterOptions;
  readonly #count: Count = { sent: 0, failed: 0, retried: 0, reconnects: 0, failures: {} };
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #used = new WeakSet<Duplex>();
  readonly #open = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  start(): void {
    for (const stream of this.#options.streams) this.#stream(stream);
    if (this.#options.webSocket !== undefined) this.#talk(this.#options.webSocket);
    this.#timers.push(setTimeout(() => void this.stop(), this.#options.maxMs ?? 600_000));
  }

  /** The counts so far. */
  count(): Count {
    return { ...this.#count, failures: { ...this.#count.failures } };
  }

  async stop(): Promise<Count> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#open);
    return this.count();
  }

  #stream(stream: Stream): void {
    const { perSecond, connections } = stream;
    const agent =
      connections === 'keep-alive' ? new Agent({ keepAlive: true, maxSockets: 8 }) : false;
    const began = performance.now();
    let due = 0;
    const timer = setInterval(() => {
      const now = ((performance.now() - began) / 1000) * perSecond;
      for (; due < now && !this.#stopped; due += 1) this.#request(stream, agent);
    }, 5);
    this.#timers.push(timer);
  }

  #request(stream: Stream, agent: Agent | false): void {
    this.#count.sent += 1;
    const answered = this.#answer(stream, agent).catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#fail(code ?? message);
    });
    this.#track(answered);
  }

  async #answer(stream: Stream, agent: Agent | false): Promise<void> {
    const { url, host } = stream;
    const headers = host === undefined ? {} : { host };
    const request = get(url, { agent, headers, timeout: this.#options.timeoutMs ?? 5_000 });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    // Not request.reusedSocket: Node does not set it for a request that waited for its connection.
    const connection = { reused: false };
    request.on('socket', (socket) => {
      connection.reused = this.#used.has(socket);
      this.#used.add(socket);
    });
    let response: IncomingMessage;
    try {
      [response] = (await once(request, 'response')) as [IncomingMessage];
    } catch (error) {
      // A server may end a kept connection while a request is on its way; whoever kept it asks again (RFC 9112, section 9.3.1).
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!connection.reused || !['ECONNRESET', 'EPIPE'].includes(code)) throw error;
      this.#count.retried += 1;
      return this.#answer(stream, agent);
    }
    response.resume();
    await once(response, 'end');
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode ?? '?'}`);
  }

  #talk(url: string): void {
    const socket = new WebSocket(url, { handshakeTimeout: 5_000 });
    let waiting: NodeJS.Timeout | undefined;
    const say = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN || waiting !== undefined) return;
      this.#count.sent += 1;
      waiting = setTimeout(() => { this.#fail('WebSocket: no echo'); waiting = undefined; }, this.#options.timeoutMs ?? 5_000); // prettier-ignore
      socket.send('hello');
    }, 100);
    this.#timers.push(say);
    socket.on('message', () => {
      clearTimeout(waiting);
      waiting = undefined;
    });
    socket.on('error', (error) => {
      if (!this.#stopped) this.#fail(`WebSocket: ${error.message}`);
    });
    socket.on('close', () => {
      clearInterval(say);
      clearTimeout(waiting);
      if (this.#stopped) return;
      this.#count.reconnects += 1;
      this.#timers.push(setTimeout(() => { this.#talk(url); }, 50)); // prettier-ignore
    });
    this.#open.add(
      new Promise<void>((resolve) => {
        const end = setInterval(() => {
          if (!this.#stopped) return;
          clearInterval(end);
          socket.terminate();
          resolve();
        }, 50);
      }),
    );
  }

  #fail(reason: string): void {
    this.#count.failed += 1;
    this.#count.failures[reason] = (this.#count.failures[reason] ?? 0) + 1;
  }

  #track(work: Promise<void>): void {
    this.#open.add(work);
    void work.finally(() => this.#open.delete(work));
  }
}
