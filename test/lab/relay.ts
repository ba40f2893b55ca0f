import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** The address at which it listens itself. */
  readonly listen?: string;
  /** How long every byte takes in one direction, in milliseconds: a round trip takes twice as long. */
  readonly delayMs?: number;
}

/** A TCP relay on the loopback that can be slow, and can break. */
export interface Relay {
  readonly port: number;
  /** How many connections were made through it so far. */
  connections(): number;
  /** Breaks every open connection with a reset, as a lost network does; new ones are taken. */
  drop(): void;
  /** Breaks every open connection and takes no more. */
  stop(): Promise<void>;
}

/** Starts a relay to `host:port`. */
export async function startRelay({
  host,
  port,
  listen = '127.0.0.1',
  delayMs = 0,
}: RelayOptions): Promise<Relay> {
  const open = new Set<Socket>();
  let connections = 0;
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    // A broken connection is the purpose; its end shows on the other side.
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    return socket.setNoDelay(true);
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    connections += 1;
    const far = keep(connect({ host, port, allowHalfOpen: true }));
    pass(keep(near), far, delayMs);
    pass(far, near, delayMs);
  });
  await once(server.listen(0, listen), 'listening');
  const drop = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    drop,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
  };
}

/** Everything that comes in goes out after the delay, in order; so do the end and a reset. */
function pass(from: Socket, to: Socket, delayMs: number): void {
  const later = (work: () => void): void => {
    if (delayMs === 0) work();
    else setTimeout(work, delayMs);
  };
  from.on('data', (chunk) => {
    later(() => to.writable && to.write(chunk));
  });
  from.on('end', () => {
    later(() => to.end());
  });
  from.on('close', (broken) => {
    if (broken) later(() => to.resetAndDestroy());
  });
}
