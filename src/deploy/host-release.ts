import { UserError } from '../kit/errors.ts';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { tar, type TarEntry } from '../kit/tar.ts';
import type { EnvironmentSettings } from '../config/read.ts';
import { ledgerMembers } from '../host/ledger.ts';
import type { Arguments, Line } from '../host/protocol.ts';
import type { HostSession } from '../host/session.ts';
import { HostTransaction, newTransaction, type Standing } from '../host/transaction.ts';
import type { Routing } from './compose.ts';
import { type HostState, stateCollector } from './host-state.ts';
import type { Model } from './model.ts';
import { type Plan, planLines } from './plan.ts';

/** The effects that a release needs. */
export interface Context {
  readonly clock: Clock;
  readonly log: Log;
}

/** How a release shall be carried out, whatever it is. */
export interface Manner {
  readonly healthTimeoutMs: number;
  readonly drainMs: number;
  /** How many releases the host keeps for rollback. */
  readonly keep: number;
  /** How long the switch may stay open for a decision; 0 commits at once. */
  readonly holdMs: number;
  /** Who does this, for the ledger. */
  readonly by: string;
}

/** Everything that is decided about one host before anything changes there. */
export interface Prepared {
  readonly session: HostSession;
  readonly root: string;
  readonly release: string;
  readonly version: string;
  readonly kind: 'deploy' | 'rollback';
  readonly project: string;
  readonly state: HostState;
  readonly plan: Plan;
  /** What becomes of the services' environment: names, never values. */
  readonly environment: readonly string[];
  /** What is taken over of a project that somebody started by hand, in words. */
  readonly adoption: readonly string[];
  readonly routing: Routing | undefined;
  readonly ledger: string;
  /** The files of the release; empty when the host has them already. */
  readonly entries: readonly TarEntry[];
}

/** The folder of an environment on the host, as the host program gets it. */
export function rootOf({ app, environment, path }: EnvironmentSettings): string {
  const root = (path ?? `slipway/${app}/${environment}`).replace(/^~\//, '');
  if (/\p{Cc}/u.test(root) || /^[-~]|^$/.test(root)) {
    throw new UserError({
      id: 'bad-path',
      message: 'The path on the host cannot be used.',
      value: root,
      fix: 'Write a folder such as /srv/app or ~/app.',
    });
  }
  return root;
}

/** With what a host pulls: a login for this once, or its own, which is proven by it. */
export type PullLogin = { readonly auth?: string | undefined } | { readonly credential: 'host' };

/** Makes the images be on the host and learns what runs there. */
export async function pull(
  session: HostSession,
  base: Arguments,
  images: Iterable<string>,
  login: PullLogin,
  log: Log,
): Promise<HostState> {
  const collector = stateCollector();
  await session.request('pull', { ...base, ...login, image: [...new Set(images)] }, (line) => {
    if (line.kind === 'pulling')
      log.info(`${session.target.text}: pulling ${line.fields[0] ?? ''}`);
    collector.read(line);
  });
  return collector.state();
}

/** A release under way on one host. */
export interface Activation {
  readonly prepared: Prepared;
  readonly transaction: HostTransaction;
  /** The first failure that the host named, `service: reason`. */
  failure: string | undefined;
  /** What the host showed of it: health check output, log tails. */
  readonly evidence: string[];
  standing: Standing;
}

/** Starts the transaction on one host and follows it until it ends or holds. */
export async function activate(
  prepared: Prepared,
  manner: Manner,
  { clock, log }: Context,
): Promise<Activation> {
  const { session, root, release, kind, project, plan, routing, ledger, entries } = prepared;
  const host = session.target.text;
  const activation: { failure: string | undefined; evidence: string[] } = {
    failure: undefined,
    evidence: [],
  };
  const onLine = ({ kind: what, fields: [first = '', ...rest] }: Line): void => {
    const text = rest.join(' ');
    if (what === 'state') log.info(`${host}: ${first}`);
    else if (what === 'step') log.info(`${host}: ${first}: ${text}`);
    else if (what === 'failed') {
      activation.failure ??= `${first}: ${text}`;
      log.info(`${host}: ${first}: ${text}`);
    } else if (what === 'log') {
      activation.evidence.push(`${first} | ${text}`);
      log.foreign(first, text);
    }
  };
  const transaction = new HostTransaction(session, newTransaction(clock), root, clock, log, onLine);
  const archive = kind === 'deploy' ? await tar(entries) : Buffer.alloc(0);
  const lines = Buffer.from(planLines(plan, routing));
  const args = {
    project,
    release,
    kind,
    base: prepared.state.current?.release ?? '',
    ledger: `${ledger},${ledgerMembers({ by: manner.by })}`,
    by: manner.by,
    hold: Math.ceil(manner.holdMs / 1000),
    drain: Math.ceil(manner.drainMs / 1000),
    'health-timeout': Math.ceil(manner.healthTimeoutMs / 1000),
    keep: manner.keep,
    size: archive.length,
    'plan-size': lines.length,
  };
  const standing = await transaction.activate(args, [archive, lines]);
  return Object.assign(activation, { prepared, transaction, standing });
}

/** The part of a ledger line that says what a release is: its names, and the image of every service. */
export function ledgerOf(
  model: Model,
  { version, commit }: { readonly version: string; readonly commit: string },
): string {
  return ledgerMembers({
    version,
    commit,
    services: Object.fromEntries(
      Object.entries(model.services).map(([name, { image }]) => [name, image ?? '']),
    ),
  });
}

/** The images of a model, each once. */
export function imagesOf(model: Model): string[] {
  return [
    ...new Set(
      Object.values(model.services).flatMap(({ image }) => (image === undefined ? [] : [image])),
    ),
  ];
}

/**
 * The digest under which the host has an image; the reference itself for an image that exists only there. Docker leaves its own
 * registry out of the names of digests.
 */
export function pinned(image: string, state: HostState): string {
  if (image.includes('@')) return image;
  const repository = image
    .replace(/:[^/:]*$/, '')
    .replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, '');
  const digests = (state.images.get(image) ?? '').split(' ').slice(1);
  return (
    digests.find((digest) => digest.startsWith(`${repository}@`)) ??
    digests.find((digest) => digest.split('@')[0]?.endsWith(`/${repository}`)) ??
    image
  );
}
