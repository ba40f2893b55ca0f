import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { safeLine } from '../kit/text.ts';
import { judge, type Judgement } from './judge.ts';
import { ask, type Reply } from './request.ts';
import type { Target } from './target.ts';

/** What was seen of one check when it passed or its time was up. */
export interface Observation {
  readonly name: string;
  readonly attempts: number;
  /** How many answers in a row were right, up to the last one. */
  readonly right: number;
  /** The same, counting degraded answers too. */
  readonly serving: number;
  /** Whether the host ever said anything. */
  readonly heard: boolean;
  readonly last: Reply;
  readonly judgement: Judgement;
  /** The last judgement that was not right, for a check that flaps. */
  readonly objection: Judgement | undefined;
}

export interface Pace {
  readonly consecutive: number;
  readonly intervalMs: number;
  /** When the whole test ends, as a time of the clock. */
  readonly deadline: number;
}

const REQUEST_TIMEOUT_MS = 5_000;

/** Asks until the answer was right N times in a row or the time is up. Each change of state is one line in the log. */
export async function watch(
  target: Target,
  pace: Pace,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Observation> {
  let seen: Observation | undefined;
  for (;;) {
    const left = Math.max(1, pace.deadline - clock.now());
    const timeoutMs = Math.min(REQUEST_TIMEOUT_MS, left);
    const reply = await ask(
      { url: target.url, withBody: target.fields.length > 0, timeoutMs },
      clock,
    );
    // A request that the end of the test cut short had no fair chance: it says nothing against what was seen before.
    if (seen !== undefined && reply.timedOut && timeoutMs < REQUEST_TIMEOUT_MS) return seen;
    const now = add(seen, target, reply);
    const passed = now.right >= pace.consecutive;
    if (passed) log.info(`${safeLine(target.name)}: pass, ${inARow(now.right)}`);
    else if (now.judgement.sign !== seen?.judgement.sign) log.info(line(now));
    if (passed || clock.now() + pace.intervalMs >= pace.deadline) return now;
    await clock.sleep(pace.intervalMs);
    seen = now;
  }
}

function add(before: Observation | undefined, target: Target, reply: Reply): Observation {
  const judgement = judge(reply, target);
  const right = judgement.reading === 'right';
  return {
    name: target.name,
    attempts: (before?.attempts ?? 0) + 1,
    right: right ? (before?.right ?? 0) + 1 : 0,
    serving: right || judgement.reading === 'degraded' ? (before?.serving ?? 0) + 1 : 0,
    heard: before?.heard === true || reply.kind === 'answer',
    last: reply,
    judgement,
    objection: right ? before?.objection : judgement,
  };
}

function line({ name, judgement, last }: Observation): string {
  const state = judgement.reading === 'right' ? 'as expected' : judgement.why;
  return `${safeLine(name)}: ${state} (${last.ms} ms)`;
}

/** `as expected`, `as expected 3 times in a row`. */
export function inARow(times: number): string {
  return times === 1 ? 'as expected' : `as expected ${times} times in a row`;
}
