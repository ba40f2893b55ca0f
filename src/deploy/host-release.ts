import { UserError } from '../kit/errors.ts';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { tar, type TarEntry } from '../kit/tar.ts';
import type { EnvironmentSettings } from '../config/read.ts';
import { ledgerMembers } from '../host/ledger.ts';
import type { Arguments, Line } from '../host/protocol.ts';
import type { HostSession } from '../host/session.ts';
import {
  HostTransaction,
  newTransaction,
  type Served,
  served,
  type Standing,
} from '../host/transaction.ts';
import { type Kept, type Mount, parseMount } from './adopt.ts';
import type { Model } from './model.ts';
import { type Container, type Plan, planLines } from './plan.ts';
import { type TakenPort, takenPorts } from './ports.ts';
import type { Stranger } from './project.ts';
import type { Routing } from './compose.ts';
import type { EnvironmentPrints } from './env-diff.ts';

/** What a release keeps about itself beside its Compose file, settings.json. */
export interface ReleaseFacts {
  readonly routing?: Routing | undefined;
  readonly built: readonly string[];
  readonly migrate?: string | undefined;
  /** The fingerprint of every service: one-shot services leave no container behind that could tell. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Undefined for a release that an earlier version of Slipway made. */
  readonly environment?: EnvironmentPrints | undefined;
  /** Undefined where nothing was taken over. */
  readonly kept?: Kept | undefined;
  readonly version: string;
  readonly commit: string;
}

/** Reads settings.json, which we wrote, from its lines. */
export function parseFacts(lines: readonly string[]): ReleaseFacts {
  return JSON.parse(lines.join('\n')) as ReleaseFacts;
}

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

/** What a host has, as it reports it. */
export interface HostState {
  readonly current: Served | undefined;
  /** What the current release says about itself. */
  readonly facts: ReleaseFacts | undefined;
  readonly kept: readonly string[];
  /** The Compose project of the current release. */
  readonly project: string | undefined;
  readonly containers: readonly Container[];
  /** What those containers mount that somebody started by hand. */
  readonly mounts: readonly Mount[];
  /** Folders of the host that they may write to, and the files in them: the first thousand, `?` for what the host's user cannot see. */
  readonly held: ReadonlyMap<string, readonly string[]>;
  /** Containers of other Compose projects that somebody started by hand. */
  readonly strangers: readonly Stranger[];
  /** Ports of the host that containers of other projects hold. */
  readonly taken: readonly TakenPort[];
  /** Image reference -> `architecture digest digest ...`. */
  readonly images: ReadonlyMap<string, string>;
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
  if (/[\r\n\0]/.test(root) || /^[-~]|^$/.test(root)) {
    throw new UserError({
      id: 'bad-path',
      message: 'The path on the host cannot be used.',
      value: root,
      fix: 'Write a folder such as /srv/app or ~/app.',
    });
  }
  return root;
}

/** Collects what the verbs `pull` and `status` report. */
export function stateCollector(): { read: (line: Line) => void; state: () => HostState } {
  let current: Served | undefined;
  const settings: string[] = [];
  const kept: string[] = [];
  const containers: Container[] = [];
  const mounts: Mount[] = [];
  const held = new Map<string, string[]>();
  const strangers: Stranger[] = [];
  let project: string | undefined;
  const taken: TakenPort[] = [];
  const images = new Map<string, string>();
  return {
    read: ({ kind, fields }) => {
      const [a = '', b = '', c = '', d = '', e = '', f = '', g = ''] = fields;
      if (kind === 'current') current = served(a, b);
      else if (kind === 'settings') settings.push(fields.join('\t'));
      else if (kind === 'kept') kept.push(a);
      else if (kind === 'container')
        containers.push({
          id: a,
          name: b,
          service: c,
          state: d,
          fingerprint: e,
          release: f,
          root: g,
        });
      else if (kind === 'project') project = a;
      else if (kind === 'mount') mounts.push(parseMount(a, fields.slice(1).join('\t')));
      else if (kind === 'held')
        held.set(a, [...(held.get(a) ?? []), ...fileOf(fields.slice(1).join('\t'))]);
      else if (kind === 'stranger') strangers.push({ project: a, service: b, image: c });
      else if (kind === 'port') taken.push(...takenPorts(a, b, c));
      else if (kind === 'image') images.set(a, b);
    },
    state: () => ({
      current,
      facts: settings.length === 0 ? undefined : parseFacts(settings),
      kept,
      project,
      containers,
      mounts,
      held,
      strangers,
      taken,
      images,
    }),
  };
}

/** A name as `find .` prints it; none for the folder itself. */
function fileOf(name: string): string[] {
  return name === '.' ? [] : [name.replace(/^\.\//, '')];
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
