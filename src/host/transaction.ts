import { randomBytes } from 'node:crypto';
import { UserError } from '../kit/errors.ts';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { worthRetrying } from '../remote/connection.ts';
import { type Arguments, isJournalLine, type Line, type Outcome, type Verb } from './protocol.ts';
import type { HostSession, ReceivedLine } from './session.ts';

/** How long a lost connection is tried again before the outcome is called unknown, in milliseconds. */
const REATTACH_MS = 5 * 60_000;

/** A transaction's name: sorts by time, is safe as a file name. */
export function newTransaction(clock: Clock): string {
  const time = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}

/** A release on a host: its identifier, and the version that people know it by. */
export interface Served {
  readonly release: string;
  readonly version: string;
}

/** Reads the fields in which the host names a release; undefined when there is none. */
export function served(release = '', version = ''): Served | undefined {
  return release === '' ? undefined : { release, version: version === '' ? release : version };
}

/** Where a transaction stands: it ended, or it holds the switch open and waits for a decision. */
export type Standing =
  { readonly end: Outcome; readonly serving: Served | undefined } | { readonly held: true };

/**
 * A transaction on one host, followed through its journal. The host carries it out by itself: when the connection is lost we come
 * back and read on from where we were.
 */
export class HostTransaction {
  readonly session: HostSession;
  readonly tx: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #root: string;
  readonly #onLine: (line: Line) => void;
  #offset = 0;

  constructor(
    session: HostSession,
    tx: string,
    root: string,
    clock: Clock,
    log: Log,
    onLine: (line: Line) => void,
  ) {
    this.session = session;
    this.tx = tx;
    this.#root = root;
    this.#clock = clock;
    this.#log = log;
    this.#onLine = onLine;
  }

  /** Starts the transaction and follows it until it ends or holds. */
  activate(args: Arguments, payload: readonly Buffer[]): Promise<Standing> {
    return this.#follow('activate', { ...args, until: 'held' }, payload);
  }

  /** Commits a held transaction, or has it undone. */
  decide(decision: 'commit' | 'undo'): Promise<Standing> {
    return this.#follow('decide', { decision, until: 'end' });
  }

  async #follow(verb: Verb, args: Arguments, payload: readonly Buffer[] = []): Promise<Standing> {
    const base = { tx: this.tx, root: this.#root };
    const until = this.#clock.now() + REATTACH_MS;
    let standing: Standing | undefined;
    const read = (line: ReceivedLine): void => {
      if (!isJournalLine(line)) return;
      this.#offset += line.bytes;
      if (line.kind === 'end')
        standing = {
          end: line.fields[0] as Outcome,
          serving: served(line.fields[1], line.fields[2]),
        };
      else if (line.kind === 'state' && line.fields[0] === 'held') standing = { held: true };
      this.#onLine(line);
    };
    for (let next = { verb, args, payload }; ;) {
      try {
        await this.session.request(
          next.verb,
          { ...base, ...next.args, offset: this.#offset },
          read,
          next.payload,
        );
        if (standing) return standing;
        // The process on the host died before its last word: the host's own rule settles it now.
        await this.session.request('recover', base, () => undefined);
      } catch (error) {
        if (!worthRetrying(error)) throw error;
        if (this.#clock.now() > until) throw unknownOutcome(error, this.session.target.text);
        this.#log.info(
          `${this.session.target.text}: the connection was lost; the host carries on by itself. Reconnecting.`,
        );
        await this.#clock.sleep(500);
      }
      // A decision is written down in a moment; to send it twice does no harm. An activation must not be sent twice.
      next =
        verb === 'decide'
          ? { verb, args, payload }
          : { verb: 'follow', args: { until: args.until }, payload: [] };
    }
  }
}

function unknownOutcome(cause: unknown, host: string): UserError {
  return new UserError(
    {
      id: 'outcome-unknown',
      message: `${host}: the connection did not come back, so the outcome is unknown. The host finishes or undoes the release by itself.`,
      value: host,
      fix: 'When the host is reachable again, look at the last line of history.ndjson there, or run the deploy again: it settles what is open first.',
    },
    { cause },
  );
}
