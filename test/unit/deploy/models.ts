import type { HostState } from '../../../src/deploy/host-state.ts';
import type { Container } from '../../../src/deploy/plan.ts';
import { FINGERPRINT } from '../../../src/deploy/labels.ts';
import type { Model, Service } from '../../../src/deploy/model.ts';
import type { ReleaseRecord } from '../../../src/release/record.ts';

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** A service as the final model has it: unchanged as long as its containers have the same print. */
export function service(more: Partial<Service> = {}, print = 'same'): Service {
  return {
    image: `x@${digest('a')}`,
    labels: { [FINGERPRINT]: print },
    networks: { default: null },
    ...more,
  };
}

export function modelOf(services: Record<string, Service>, more: Partial<Model> = {}): Model {
  return { name: 'shop-staging', services, ...more };
}

let count = 0;
/** A container that runs what `service()` describes. */
export function container(name: string, more: Partial<Container> = {}): Container {
  count += 1;
  return {
    id: `id${count}`,
    name: `shop-staging-${name}-1`,
    service: name,
    state: 'running',
    fingerprint: 'same',
    release: 'r0',
    root: '',
    ...more,
  };
}

/** A record of these images. */
export function recordOf(images: Readonly<Record<string, string>>): ReleaseRecord {
  const commit = 'a'.repeat(40);
  return {
    schema: 1,
    id: '20261121T083500Z-aaaaaaa',
    app: 'shop',
    commit,
    ref: 'refs/heads/main',
    created: '2026-11-21T08:35:00Z',
    services: Object.fromEntries(
      Object.entries(images).map(([name, image]) => [name, { image, revision: commit }]),
    ),
  };
}

/** A host on which there is nothing. */
export const emptyState: HostState = {
  current: undefined,
  facts: undefined,
  kept: [],
  project: undefined,
  containers: [],
  mounts: [],
  held: new Map(),
  strangers: [],
  taken: [],
  images: new Map(),
};
