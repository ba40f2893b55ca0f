import type { Readable } from 'node:stream';
import { UserError } from '../kit/errors.ts';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { retry } from '../kit/retry.ts';
import {
  type Access,
  connect,
  type Connection,
  sayRetry,
  worthRetrying,
} from '../remote/connection.ts';
import type { Target } from '../remote/target.ts';
import { together } from './findings.ts';
import { BOOTSTRAP, bootstrapInput, hostProgram } from './program.ts';
import {
  type Arguments,
  encodeRequest,
  type Line,
  parseLine,
  PROTOCOL,
  refusal,
  type Verb,
} from './protocol.ts';

/** A line with its length in bytes as it stood on the host, newline included. */
export interface ReceivedLine extends Line {
  readonly bytes: number;
}

/** How long a login may take, from the first packet to the greeting of our program. Slow login scripts take seconds. */
const GREETING_MS = 60_000;

/** A conversation with one host: one SSH connection, one remote command, many requests. It is opened again after a loss. */
export class HostSession {
  readonly target: Target;
  readonly #access: Access;
  readonly #clock: Clock;
  readonly #log: Log;
  #open: { connection: Connection; lines: AsyncIterator<ReceivedLine> } | undefined;

  constructor(target: Target, access: Access, clock: Clock, log: Log) {
    this.target = target;
    this.#access = access;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Sends a request and hands over each line of the answer until its end.
   * @throws UserError what the host refused, all of it, or why the connection was lost (see explainSsh)
   */
  async request(
    verb: Verb,
    args: Arguments,
    onLine: (line: ReceivedLine) => void,
    payload: readonly Buffer[] = [],
  ): Promise<void> {
    const request = encodeRequest(verb, args, payload);
    if (this.#open) this.#open.connection.process.stdin.write(request);
    else this.#open = await this.#connect(request);
    const { connection, lines } = this.#open;
    const refused: UserError[] = [];
    for (;;) {
      const next = await lines.next();
      if (next.done === true) {
        const lost = await this.#lost(connection);
        throw together(this.target.text, refused) ?? lost;
      }
      const line = next.value;
      if (line.kind === 'done') break;
      if (line.kind === 'refused') refused.push(refusal(line.fields, this.target.text));
      else onLine(line);
    }
    const problem = together(this.target.text, refused);
    if (problem) throw problem;
  }

  /** Ends the conversation; the host does nothing more for us. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    open.connection.process.stdin.end();
    // Nobody reads its output any more; unread output would keep the process from ending.
    await open.lines.return?.();
    const patience = new AbortController();
    await Promise.race([
      open.connection.process.exit,
      this.#clock.sleep(2_000, patience.signal).catch(() => undefined),
    ]);
    patience.abort();
    open.connection.process.kill();
  }

  /** Drops the connection without a word, as a dying runner would. */
  abandon(): void {
    this.#open?.connection.process.kill('SIGKILL');
    this.#open = undefined;
  }

  /**
   * Opens the conversation with its first request, which travels with the program: that saves a round trip. Nothing is changed by
   * what a conversation begins with, so it may be sent again when the connection does not come about.
   */
  #connect(first: Buffer): Promise<{ connection: Connection; lines: AsyncIterator<ReceivedLine> }> {
    return retry(
      async () => {
        const connection = connect(this.target, this.#access, BOOTSTRAP);
        connection.process.stdin.write(Buffer.concat([bootstrapInput(hostProgram()), first]));
        const lines = received(connection.process.stdout)[Symbol.asyncIterator]();
        await this.#greeting(connection, lines);
        return { connection, lines };
      },
      {
        attempts: 3,
        pauseMs: 2_000,
        retryable: worthRetrying,
        onRetry: sayRetry(this.#log, this.target),
      },
      this.#clock,
    );
  }

  /** Waits for our program to say hello. Whatever a login script prints comes before that, and is not for us. */
  async #greeting(connection: Connection, lines: AsyncIterator<ReceivedLine>): Promise<void> {
    const said: string[] = [];
    const patience = new AbortController();
    const overdue = this.#clock.sleep(GREETING_MS, patience.signal).then(
      () => {
        connection.process.kill();
        return true;
      },
      () => false,
    );
    try {
      for (;;) {
        const next = await lines.next();
        if (next.done === true) break;
        const { kind, fields } = next.value;
        const line = [kind, ...fields].join('\t');
        // The last word of a login script may have no end of line.
        if (line.endsWith(`hello\t${PROTOCOL}`)) return;
        if (said.length < 20) said.push(line);
      }
    } finally {
      patience.abort();
    }
    const { code } = await connection.process.exit;
    throw connection.refusal((await overdue) ? null : code, said);
  }

  async #lost(connection: Connection): Promise<UserError> {
    this.#open = undefined;
    await connection.process.exit;
    return connection.failure();
  }
}

/** Splits a stream into lines by bytes, so that offsets stay true whatever the bytes are. */
async function* received(stream: Readable): AsyncGenerator<ReceivedLine> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      yield { ...parseLine(rest.toString('utf8', 0, end)), bytes: end + 1 };
      rest = rest.subarray(end + 1);
    }
  }
}
