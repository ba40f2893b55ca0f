import { isIP } from 'node:net';
import { UserError } from '../kit/errors.ts';

/** Where to log in. */
export interface Target {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** As the user wrote it, for messages. */
  readonly text: string;
}

/**
 * Reads `user@host`, `user@host:port` or `user@[v6]:port`. Nothing in it can be taken for an option or reach a shell.
 * @throws UserError `bad-host`
 */
export function parseTarget(text: string): Target {
  const match =
    /^([a-z_][a-z0-9_.-]*)@(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?))(?::(\d{1,5}))?$/i.exec(
      text,
    );
  const [, user, v6, name, port = '22'] = match ?? [];
  const host = v6 ?? name;
  if (
    user === undefined ||
    host === undefined ||
    (v6 !== undefined && isIP(v6) !== 6) ||
    Number(port) < 1 ||
    Number(port) > 65535
  ) {
    throw new UserError({
      id: 'bad-host',
      message: 'A host is not written as user@host or user@host:port.',
      value: text,
      fix: 'Write for example deploy@203.0.113.7, deploy@example.com:2222 or deploy@[2001:db8::7]:22, one a line.',
    });
  }
  return { user, host, port: Number(port), text };
}

/** The name under which known_hosts keeps this target's keys. */
export function knownHostsName({ host, port }: Target): string {
  return port === 22 ? host : `[${host}]:${port}`;
}
