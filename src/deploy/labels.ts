import { escaped, type Model } from './model.ts';

/** On every container: what it was made of. The same fingerprint, the same container. */
export const FINGERPRINT = 'slipway.fingerprint';

/** How containers say whose they are. */
export function labelOf({ app, environment }: { app: string; environment: string }): string {
  return `${app}/${environment}`;
}

/**
 * Labels every container with the release that makes it, the environment that it is of, and the folder that has the ledger. They are no
 * part of the fingerprint: an unchanged service keeps its labels.
 */
export function labelled(model: Model, release: string, environment: string, root: string): Model {
  const labels = {
    'slipway.release': release,
    'slipway.environment': environment,
    'slipway.root': escaped(root),
  };
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(model.services).map(([name, service]) => [
        name,
        { ...service, labels: { ...service.labels, ...labels } },
      ]),
    ),
  };
}
