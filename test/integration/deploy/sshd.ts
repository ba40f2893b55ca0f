import { type Host, pinned, type Place, targetAt } from '../../lab/host.ts';

/** A further sshd on a lab host, set up otherwise: how it is reached, and what it says. */
export interface Sshd {
  readonly port: number;
  readonly place: Place;
  readonly target: string;
  readonly knownHosts: string;
  /** What goes into a step's inputs to get there. */
  readonly inputs: Readonly<Record<string, string>>;
  log(): Promise<string>;
}

/** The ports of further ones, for the hosts that have some. */
export const PORTS: readonly number[] = Array.from({ length: 20 }, (_, index) => 2201 + index);

let started = 0;

/**
 * Starts sshd on a port of its own, with these lines in front of the host's own configuration: sshd takes the first of each. Many
 * failed logins are no attack here, so they have no consequences.
 */
export async function startSshd(host: Host, lines = '', user = 'deploy'): Promise<Sshd> {
  const port = PORTS[started++] ?? 0;
  const folder = `/etc/ssh/variant-${port}`;
  await host.exec(
    `mkdir ${folder} && cat - /etc/ssh/sshd_config >${folder}/config && /usr/sbin/sshd -f ${folder}/config -p ${port} -E ${folder}/log`,
    `${lines}\nPerSourcePenalties no\nLogLevel VERBOSE\nPidFile ${folder}/pid\nUseDNS no\n`,
  );
  const place = host.at(port);
  const target = targetAt(place, user);
  const knownHosts = pinned(place, host.key);
  return {
    port,
    place,
    target,
    knownHosts,
    inputs: { host: target, 'ssh-known-hosts': knownHosts },
    log: () => host.exec(`cat ${folder}/log`),
  };
}

/** Everything of ours that a host which refused us must not have: files and processes of the user. */
export function traces(host: Host, user = 'deploy'): Promise<string> {
  return host.exec(
    `ls -A /home/${user} | grep -x slipway; find /tmp /var/tmp -user ${user}; ps -u ${user} -o args= | grep -v sshd; true`,
  );
}
