import { UserError } from '../kit/errors.ts';
import { formatSize } from '../kit/size.ts';
import type { Model, Service } from './model.ts';
import type { Container, Plan, Step } from './plan.ts';

/** The memory that one container of a service reserves, in bytes; 0 when the Compose file does not say. A limit is no need. */
function reserved(service: Service | undefined): number {
  const said = service?.deploy?.resources?.reservations?.memory ?? service?.mem_reservation ?? 0;
  return Number(said) || 0;
}

/**
 * Holds a plan against the memory that is free: two versions of a service side by side need it twice. What does not fit so is stopped
 * first, the largest services before the others. A pure function; without reservations or a number from the host it changes nothing.
 * @param free bytes, as the host's kernel says
 * @param lacking told that what is new does not fit at all (`memory-short`); where nobody is, that is thrown
 */
export function withinMemory(
  plan: Plan,
  model: Model,
  containers: readonly Container[],
  free: number | undefined,
  host: string,
  lacking = (error: UserError): void => {
    throw error;
  },
): Plan {
  if (free === undefined) return plan;
  const runs = new Set(
    containers.filter(({ state }) => state === 'running').map(({ service }) => service),
  );
  const need = ({ service, replicas }: Step): number =>
    reserved(model.services[service]) * replicas;
  const starting = plan.steps.filter(
    (step) => (step.action === 'start-first' || step.action === 'stop-first') && need(step) > 0,
  );
  const added = starting.filter(({ service }) => !runs.has(service));
  const addedBytes = added.reduce((sum, step) => sum + need(step), 0);
  if (addedBytes > free) {
    const error = new UserError({
      id: 'memory-short',
      message: `${host}: the host has not enough free memory for what is new in this release.`,
      value: `${added.map((step) => `${step.service}: ${formatSize(need(step))}`).join(', ')}; ${formatSize(free)} free`,
      fix: 'Give the host more memory, stop something else on it, or lower deploy.resources.reservations.memory in the Compose file.',
    });
    lacking(error);
  }
  let left = Math.max(0, free - addedBytes);
  const short = new Map<string, string>();
  const twice = starting.filter(({ service, action }) => action === 'start-first' && runs.has(service)); // prettier-ignore
  for (const step of twice.sort((a, b) => need(a) - need(b))) {
    const bytes = need(step);
    if (bytes <= left) left -= bytes;
    else short.set(step.service, `${formatSize(bytes)} for a second version do not fit into the ${formatSize(left)} that are free`); // prettier-ignore
  }
  return {
    ...plan,
    steps: plan.steps.map((step) => {
      const why = short.get(step.service);
      return why === undefined
        ? step
        : { ...step, action: 'stop-first', reason: `${step.reason}; ${why}` };
    }),
    joins: plan.joins.filter(({ service }) => !short.has(service)),
  };
}
