import { UserError } from '../kit/errors.ts';
import { aliasesOn, type Routing } from './compose.ts';
import { FINGERPRINT } from './labels.ts';
import { type Model, networksOf, replicas, type Service } from './model.ts';

/** A container of the project as the host reports it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly state: string;
  readonly fingerprint: string;
  /** The Slipway release that made it; empty for a container that Slipway did not make. */
  readonly release: string;
  /** The folder with the ledger of that release; empty for a container that Slipway 0.1 made. */
  readonly root: string;
}

type Action = 'keep' | 'start-first' | 'stop-first' | 'one-shot' | 'remove';

/** What happens to one service, and why. */
export interface Step {
  readonly service: string;
  readonly action: Action;
  /** Services of a lower level are healthy before this one starts. */
  readonly level: number;
  readonly replicas: number;
  readonly reason: string;
}

/** A name that a proven container takes over itself on one network, because no proxy answers for it there. */
export interface Join {
  readonly service: string;
  readonly network: string;
  readonly aliases: readonly string[];
}

/** A service whose containers cannot be made again as they were, and the container_name that the new ones take over. */
interface Adopted {
  readonly service: string;
  readonly name: string | undefined;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly joins: readonly Join[];
  readonly adopted: readonly Adopted[];
}

export interface PlanInput {
  readonly model: Model;
  readonly containers: readonly Container[];
  /** Those of them that somebody started by hand. */
  readonly byHand: readonly Container[];
  readonly routing: Routing | undefined;
  /** The services that this repository builds: only they call others by name. */
  readonly built: readonly string[];
  readonly migrate: string | undefined;
  /** Fingerprints of the current release: a one-shot service that was changed must run, even when nothing else changed. */
  readonly ran: Readonly<Record<string, string>>;
  /** A way back runs no migration: an old migration knows nothing of a newer schema. */
  readonly kind: 'deploy' | 'rollback';
}

/** Decides for each service what happens to it. A pure function: the same input gives the same plan. */
export function plan(input: PlanInput): Plan {
  const { model, containers, routing, migrate, ran, kind } = input;
  const levels = dependencyLevels(model);
  const oneShots = oneShotServices(model, migrate);
  const replaced = Object.entries(model.services)
    .filter(([name]) => !oneShots.has(name))
    .map(([name, service]) =>
      replaceStep(name, service, containers, routing?.proxy === name, levels.get(name) ?? 0),
    );
  const changed = replaced.some(({ action }) => action !== 'keep');
  const once = [...oneShots].map((name): Step => {
    const level = levels.get(name) ?? 0;
    const step = (action: Action, reason: string): Step => ({
      service: name,
      action,
      level,
      replicas: 0,
      reason,
    });
    if (kind === 'rollback') return step('keep', 'one-shot, not run on the way back');
    if (changed || ran[name] !== model.services[name]?.labels?.[FINGERPRINT])
      return step('one-shot', 'runs before what depends on it');
    return step('keep', 'one-shot, nothing changed');
  });
  const gone = [
    ...new Set(
      containers
        .filter(({ service, release }) => release !== '' && !Object.hasOwn(model.services, service))
        .map(({ service }) => service),
    ),
  ];
  const removed = gone.map((name): Step => ({
    service: name,
    action: 'remove',
    level: 0,
    replicas: 0,
    reason: 'no longer in the Compose file',
  }));
  const steps = [...once, ...replaced].sort(
    (a, b) => a.level - b.level || (a.service < b.service ? -1 : 1),
  );
  const adopted = replaced
    .filter(({ action }) => action !== 'keep')
    .filter(({ service }) => input.byHand.some((container) => container.service === service))
    .map(({ service }) => ({ service, name: model.services[service]?.container_name }));
  return { steps: [...steps, ...removed], joins: joins(input, replaced), adopted };
}

function replaceStep(
  name: string,
  service: Service,
  containers: readonly Container[],
  isProxy: boolean,
  level: number,
): Step {
  const wanted = replicas(service);
  const own = containers.filter((container) => container.service === name);
  const change = changeOf(service, own, wanted);
  const step = (action: Action, reason: string): Step => ({
    service: name,
    action,
    level,
    replicas: wanted,
    reason,
  });
  if (change === undefined)
    return step(
      'keep',
      isProxy ? 'unchanged, its configuration is reloaded in place' : 'unchanged',
    );
  const obstacle = startFirstObstacle(service, isProxy);
  if (obstacle === undefined) return step('start-first', change);
  return step('stop-first', own.length === 0 ? change : `${change}; ${obstacle}`);
}

/** Why a service must be replaced; undefined when it can stay. */
function changeOf(service: Service, own: readonly Container[], wanted: number): string | undefined {
  if (own.length === 0) return wanted === 0 ? undefined : 'new';
  if (own.some(({ fingerprint }) => fingerprint === '')) return 'started by hand';
  if (own.some(({ fingerprint }) => fingerprint !== service.labels?.[FINGERPRINT]))
    return 'changed';
  if (own.some(({ state }) => state !== 'running')) return 'not running';
  if (own.length !== wanted) return `${own.length} of ${wanted} containers`;
  return undefined;
}

/** What keeps two versions of a service from running side by side; undefined when nothing does. */
export function startFirstObstacle(service: Service, isProxy = false): string | undefined {
  const order = service.deploy?.update_config?.order;
  if (service.container_name !== undefined)
    return `container_name: ${service.container_name} can exist only once`;
  const published = service.ports?.find(
    (port) => port.published !== undefined && port.published !== '' && port.published !== '0',
  );
  if (published !== undefined) return `it publishes port ${published.published ?? ''}`;
  if (service.network_mode !== undefined) return `network_mode: ${service.network_mode}`;
  if (
    Object.values(service.networks ?? {}).some(
      (network) => (network?.ipv4_address ?? network?.ipv6_address) !== undefined,
    )
  )
    return 'it has a fixed address';
  if (isProxy) return 'it is the proxy';
  if (order === 'stop-first') return 'deploy.update_config.order says so';
  const written = service.volumes?.find(
    ({ type, read_only }) => (type === 'volume' || type === 'bind') && read_only !== true,
  );
  if (written !== undefined && order !== 'start-first') {
    return `it writes to ${written.target ?? 'a volume'} (if two may share it, say deploy.update_config.order: start-first)`;
  }
  return undefined;
}

/** Services that run once: the migration, and whatever another service waits for to complete. */
function oneShotServices(model: Model, migrate: string | undefined): Set<string> {
  const waited = Object.values(model.services).flatMap(({ depends_on: dependencies }) =>
    Object.entries(dependencies ?? {})
      .filter(([, { condition }]) => condition === 'service_completed_successfully')
      .map(([name]) => name),
  );
  if (migrate !== undefined && !Object.hasOwn(model.services, migrate)) {
    throw new UserError({
      id: 'migrate-unknown',
      message: 'slipway.yml names a migration service that the Compose files do not have.',
      value: migrate,
      fix: `Name one of: ${Object.keys(model.services).join(', ')}`,
    });
  }
  return new Set([...waited, ...(migrate === undefined ? [] : [migrate])]);
}

/** Depth of each service in depends_on: 0 depends on nothing. Compose refuses cycles before we see the model. */
export function dependencyLevels(model: Model): Map<string, number> {
  const levels = new Map<string, number>();
  const level = (name: string): number => {
    const known = levels.get(name);
    if (known !== undefined) return known;
    const needs = Object.keys(model.services[name]?.depends_on ?? {}).filter((need) =>
      Object.hasOwn(model.services, need),
    );
    const own = needs.length === 0 ? 0 : 1 + Math.max(...needs.map(level));
    levels.set(name, own);
    return own;
  };
  for (const name of Object.keys(model.services)) level(name);
  return levels;
}

/**
 * The names that new containers must take themselves. On the proxy's networks the proxy answers for a routed service. Elsewhere the
 * container does, but only where somebody needs it to: a caller built here that shares no network with both it and the proxy.
 */
function joins({ model, routing, built }: PlanInput, steps: readonly Step[]): Join[] {
  const proxyNetworks = new Set(
    routing === undefined ? [] : networksOf(model.services[routing.proxy] ?? {}),
  );
  const on = (name: string): string[] => networksOf(model.services[name] ?? {});
  const viaProxy = (caller: string, called: string): boolean =>
    on(caller).some((network) => proxyNetworks.has(network) && on(called).includes(network));
  return steps
    .filter(({ action }) => action === 'start-first')
    .flatMap(({ service: name }) =>
      on(name)
        .filter((network) => {
          if (routing === undefined || !Object.hasOwn(routing.ports, name)) return true;
          if (proxyNetworks.has(network)) return false;
          return built.some(
            (other) => other !== name && on(other).includes(network) && !viaProxy(other, name),
          );
        })
        .map((network) => ({
          service: name,
          network: model.networks?.[network]?.name ?? network,
          aliases: aliasesOn(name, model, network),
        })),
    );
}

/** The plan as the host program reads it: one line each, fields separated by tabs, no field empty. */
export function planLines(
  { steps, joins: names, adopted }: Plan,
  routing: Routing | undefined,
): string {
  const rows: (string | number)[][] = [
    ...steps.map(({ service, action, level, replicas: count }) => [
      'service',
      service,
      action,
      action === 'keep' ? '-' : level,
      count,
    ]),
    ...(routing === undefined ? [] : [['proxy', routing.proxy]]),
    ...Object.entries(routing?.ports ?? {}).map(([service, port]) => ['upstream', service, port]),
    ...adopted.map(({ service, name = '-' }) => ['adopt', service, name]),
    ...names.map(({ service, network, aliases }) => ['join', service, network, aliases.join(',')]),
  ];
  return `${rows.map((row) => row.join('\t')).join('\n')}\n`;
}
