import { UserError } from '../kit/errors.ts';
import type { Model } from './model.ts';

/** A port of the host that a container of another project publishes. */
export interface TakenPort {
  readonly container: string;
  /** Its Compose project; empty for a container without one. */
  readonly project: string;
  /** The address that it listens on; empty for all. */
  readonly address: string;
  readonly first: number;
  readonly last: number;
  readonly protocol: string;
}

/** Reads what `docker ps` says of ports: `0.0.0.0:443->443/tcp, [::]:8000-8001->80-81/tcp, 9000/tcp`. */
export function takenPorts(container: string, project: string, text: string): TakenPort[] {
  return [...text.matchAll(/([^\s,]*):(\d+)(?:-(\d+))?->[\d-]+\/(\w+)/g)].map(
    ([, address = '', first = '', last = first, protocol = '']) => ({
      container,
      project,
      address: everywhere(address),
      first: Number(first),
      last: Number(last),
      protocol,
    }),
  );
}

/**
 * Makes sure that what the release publishes is free for it.
 * @throws UserError `port-taken`
 */
export function refuseTaken({ services }: Model, taken: readonly TakenPort[], host: string): void {
  for (const [service, { ports = [] }] of Object.entries(services)) {
    for (const { published = '', protocol = 'tcp', host_ip: ip = '' } of ports) {
      const [first = '', last = first] = published.split('-');
      const holder = taken.find(
        (port) =>
          port.protocol === protocol &&
          port.first <= Number(last) &&
          port.last >= Number(first) &&
          overlap(port.address, everywhere(ip)),
      );
      if (first === '' || holder === undefined) continue;
      const owner = holder.project === '' ? '' : ` of the project ${holder.project}`;
      throw new UserError({
        id: 'port-taken',
        message: `${host}: ${service} publishes port ${published}/${protocol}, which the container ${holder.container}${owner} holds.`,
        value: `${service}: ${published}/${protocol}`,
        fix: 'Publish another port; or let one proxy publish it for both apps: docs/host-setup.md, "Several apps on one host".',
      });
    }
  }
}

function overlap(one: string, other: string): boolean {
  return one === '' || other === '' || one === other;
}

function everywhere(address: string): string {
  return ['0.0.0.0', '::', '[::]'].includes(address) ? '' : address;
}
