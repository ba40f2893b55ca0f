import { messageOf, UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { plural } from '../kit/text.ts';
import type { Outcome } from '../host/protocol.ts';
import type { Served } from '../host/transaction.ts';
import {
  type Activation,
  activate,
  type Context,
  type Manner,
  type Prepared,
} from './host-release.ts';
import { gravest } from './outcome.ts';

/** What became of a release on one host. */
interface HostResult {
  readonly host: string;
  readonly outcome: Outcome;
  /** The release that the host serves now. */
  readonly serving: Served | undefined;
  readonly prepared: Prepared;
  readonly failure: string | undefined;
  readonly evidence: readonly string[];
}

export interface ReleaseResult {
  readonly outcome: Outcome;
  readonly proven: boolean;
  readonly hosts: readonly HostResult[];
  /** Why it failed, in a few words. */
  readonly why: string | undefined;
}

/** Asked once every host has switched: shall it stay? */
export interface Verdict {
  readonly keep: boolean;
  /** False when nobody could see whether it is good: it stays, but the step must not be green. */
  readonly proven: boolean;
  readonly why: string | undefined;
}

/** Shows what will happen to each service, and why. */
export function announce(
  { session, plan, release, environment, adoption }: Prepared,
  log: Log,
): void {
  log.info(`${session.target.text}: ${release}`);
  for (const line of adoption) log.info(`  ${line}`);
  for (const { service, action, reason } of plan.steps)
    log.info(`  ${service}: ${action}, ${reason}`);
  for (const change of environment) log.info(`  Environment of ${change}`);
}

/**
 * Carries a prepared release out on every host: the first alone, then the rest side by side. With several hosts, or with somebody to
 * ask, each host holds its switch until all have switched and `prove` agrees; otherwise every switched host goes back.
 */
export async function release(
  prepared: readonly Prepared[],
  manner: Manner,
  context: Context,
  prove?: () => Promise<Verdict>,
): Promise<ReleaseResult> {
  const together = prepared.length > 1 || prove !== undefined;
  const held: Manner = { ...manner, holdMs: together ? manner.holdMs : 0 };
  const begin = (one: Prepared): Promise<Activation> => activate(one, held, context);
  const [first, ...rest] = prepared;
  if (first === undefined) throw new Error('no host was prepared');
  const activations = [await begin(first)];
  if (stands(activations)) {
    const others = await Promise.allSettled(rest.map(begin));
    for (const other of others) {
      if (other.status === 'fulfilled') activations.push(other.value);
      // One host could not begin; those that have switched must hear of it before the error goes on.
      else {
        await settle(activations, 'undo');
        throw other.reason;
      }
    }
  }
  let verdict: Verdict = { keep: true, proven: true, why: undefined };
  if (stands(activations) && activations.some(isHeld)) {
    verdict = await ask(prove);
    if (!verdict.keep)
      context.log.info(
        `The release is taken back from ${plural(activations.length, 'host')}: ${verdict.why ?? ''}`,
      );
    await settle(activations, verdict.keep ? 'commit' : 'undo');
  } else {
    await settle(activations, 'undo');
  }
  const hosts = activations.map(resultOf);
  const outcome = gravest(hosts.map((host) => host.outcome));
  return {
    outcome,
    proven: verdict.proven,
    hosts,
    why: verdict.why ?? hosts.find(({ failure }) => failure !== undefined)?.failure,
  };
}

/** A proof that breaks is no proof: the release goes back. */
async function ask(prove: (() => Promise<Verdict>) | undefined): Promise<Verdict> {
  try {
    return (await prove?.()) ?? { keep: true, proven: true, why: undefined };
  } catch (error) {
    return {
      keep: false,
      proven: false,
      why: error instanceof UserError ? error.message : `the proof broke: ${messageOf(error)}`,
    };
  }
}

function isHeld({ standing }: Activation): boolean {
  return 'held' in standing;
}

/** Whether every host is good so far: holding, or done. */
function stands(activations: readonly Activation[]): boolean {
  return activations.every(
    ({ standing }) =>
      'held' in standing || standing.end === 'deployed' || standing.end === 'unchanged',
  );
}

async function settle(
  activations: readonly Activation[],
  decision: 'commit' | 'undo',
): Promise<void> {
  await Promise.all(
    activations.filter(isHeld).map(async (activation) => {
      activation.standing = await activation.transaction.decide(decision);
    }),
  );
}

function resultOf({ prepared, standing, failure, evidence }: Activation): HostResult {
  return {
    host: prepared.session.target.text,
    outcome: 'end' in standing ? standing.end : 'unknown',
    serving: 'end' in standing ? standing.serving : undefined,
    prepared,
    failure,
    evidence,
  };
}
