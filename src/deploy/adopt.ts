import { UserError } from '../kit/errors.ts';
import { below, exists, readContent } from './files.ts';
import type { HostState } from './host-state.ts';
import { type Model, unescaped } from './model.ts';
import type { Container } from './plan.ts';
import type { SecretFiles } from './secret-files.ts';

/** A bind mount or volume of a container that somebody started by hand. */
export interface Mount {
  readonly service: string;
  readonly type: string;
  /** The volume's name; empty for a bind mount. */
  readonly name: string;
  readonly source: string;
  readonly target: string;
}

/** Reads what docker inspect says of one mount. */
export function parseMount(service: string, json: string): Mount {
  const read = JSON.parse(json) as Record<string, string | undefined>;
  const { Type: type = '', Name: name = '', Source: source = '', Destination: target = '' } = read;
  return { service, type, name, source, target };
}

/** What stays where it was when a project was taken over, in every release from then on. */
export interface Kept {
  /** Relative paths of the Compose file, and the folder or file of the host that each stands for. */
  readonly binds: Readonly<Record<string, string>>;
  /** Volumes that nobody gave a name, by service and by the path that they are mounted at. */
  readonly volumes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What is taken over, and the same in words. */
interface Adoption {
  readonly kept: Kept;
  readonly lines: readonly string[];
}

/** Docker's own name for a volume. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

/** As many files of a folder as the host tells at most. */
const LISTED = 1_000;

/** The containers that this ledger knows nothing of: they cannot be made again as they were. */
export function startedByHand({ current, containers }: HostState): Container[] {
  return containers.filter(({ release }) => release === '' || current === undefined);
}

/**
 * Finds out what has to stay as it is of a project that somebody started by hand: wherever its data lies.
 * @param source where Compose resolved the files
 * @throws UserError `adoption-leaves-data`
 */
export function adopt(
  model: Model,
  state: HostState,
  source: string,
  workspace: string,
  secretFiles: SecretFiles,
  host: string,
): Adoption {
  const before = state.facts?.kept;
  const binds: Record<string, string> = { ...before?.binds };
  const volumes: Record<string, Record<string, string>> = { ...before?.volumes };
  const lines: string[] = [];
  const left: string[] = [];
  for (const mount of state.mounts) {
    const { service, type, target, name } = mount;
    if (!Object.hasOwn(model.services, service) || !/^(?:bind|volume)$/.test(type)) continue;
    const declared = declaredMounts(service, model).find((one) => one.target === target);
    const path = type === 'bind' && declared ? below(source, declared.from) : undefined;
    const stays = (what: string): unknown => lines.push(`${service}: ${target} stays ${what}`);
    if (path !== undefined) {
      if (!isData(path, mount, state, workspace, secretFiles)) continue;
      binds[path] = mount.source;
      stays(`${mount.source} (in the Compose file: ./${path})`);
    } else if (ANONYMOUS.test(name) && (declared?.from ?? '') === '') {
      const only = state.containers.filter((one) => one.service === service).length === 1;
      if (only) volumes[service] = { ...volumes[service], [target]: name };
      if (only) stays(`the volume ${name.slice(0, 12)}…, which has no name of its own`);
      else lines.push(`${service}: each container has a volume of its own at ${target}; they stay on the host, unused`); // prettier-ignore
    } else {
      const was = name === '' ? mount.source : name;
      if (declared?.from === was) stays(name === '' ? was : `the volume ${was}`);
      else if (name !== '' || (state.held.get(was)?.length ?? 0) > 0)
        left.push(`${service}: ${target} is ${was} and would be ${declared?.from ?? 'nothing'}`);
    }
  }
  if (left.length > 0) throw leavesData(left, host);
  return { kept: { binds, volumes }, lines: [...taken(model, state), ...lines] };
}

/** What the Compose file mounts into a service: the path in the container, and the volume's name or the path on the host. */
function declaredMounts(name: string, model: Model): { target: string; from: string }[] {
  const service = model.services[name] ?? {};
  const files = (
    used: typeof service.secrets,
    all: typeof model.secrets,
    folder: string,
  ): { target: string; from: string }[] =>
    (used ?? []).map(({ source, target = source }) => ({
      target: target.startsWith('/') ? target : `${folder}${target}`,
      from: unescaped(all?.[source]?.file ?? ''),
    }));
  return [
    ...(service.volumes ?? []).map(({ type, source = '', target = '' }) => ({
      target,
      from: type === 'volume' ? (model.volumes?.[source]?.name ?? source) : unescaped(source),
    })),
    ...files(service.secrets, model.secrets, '/run/secrets/'),
    ...files(service.configs, model.configs, '/'),
  ];
}

/**
 * Whether a relative path stands for data, which stays, rather than for a part of the repository, which each release brings anew: it is
 * not in the repository, or it is a folder that the container may write to and that holds what the repository does not.
 */
function isData(
  path: string,
  { source }: Mount,
  { held }: HostState,
  workspace: string,
  secretFiles: SecretFiles,
): boolean {
  if (!exists(path, workspace, secretFiles)) return true;
  const files = held.get(source);
  if (files === undefined) return false;
  const { entries } = readContent(`${workspace}/${path}`, workspace, secretFiles);
  const released = new Set(entries.map((entry) => entry.path));
  return files.length >= LISTED || files.some((file) => !released.has(file));
}

/** Whose containers are taken over. */
function taken({ name, services }: Model, state: HostState): string[] {
  const byHand = startedByHand(state).sort((a, b) => (a.name < b.name ? -1 : 1));
  const known = byHand.filter(({ service }) => Object.hasOwn(services, service));
  const others = byHand.filter(({ service }) => !Object.hasOwn(services, service));
  return [
    ...(known.length === 0
      ? []
      : [`The project ${name} is taken over: ${known.map((one) => one.name).join(', ')}`]),
    ...others.map((one) => `${one.name} is not in the Compose file, and stays as it is`),
  ];
}

function leavesData(left: readonly string[], host: string): UserError {
  return new UserError({
    id: 'adoption-leaves-data',
    message: `${host}: containers that were started by hand keep data where the Compose file mounts something else.`,
    value: left.join('; '),
    fix: 'Mount the same: a volume by its name (volumes: { data: { name: ... } }), a folder by its path. To leave the data behind, remove the container first; its volumes stay: docker rm -f <container>',
  });
}
