import type { Line } from '../host/protocol.ts';
import { type Served, served } from '../host/transaction.ts';
import { type Kept, type Mount, parseMount } from './adopt.ts';
import type { Routing } from './compose.ts';
import type { EnvironmentPrints } from './env-diff.ts';
import type { Container } from './plan.ts';
import { type TakenPort, takenPorts } from './ports.ts';
import type { Stranger } from './project.ts';

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
      else if (kind === 'held') {
        const files = held.get(a) ?? [];
        held.set(a, files);
        // Names as `find .` prints them, the folder itself the first.
        const name = fields.slice(1).join('\t');
        if (name !== '.') files.push(name.replace(/^\.\//, ''));
      } else if (kind === 'stranger') strangers.push({ project: a, service: b, image: c });
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
