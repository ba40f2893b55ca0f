import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Real HTTP servers on free ports of this machine, which `closeServers` ends with whatever still hangs on them. */
const servers: (Server | SecureServer)[] = [];

export async function serve(listener: RequestListener): Promise<string> {
  return `http://${await listen(createServer(listener))}`;
}

/** The host and port that a server got. */
export async function listen(server: Server | SecureServer): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers one after another; the last one for ever. */
export function inTurn(...listeners: readonly RequestListener[]): RequestListener {
  let count = 0;
  return (request, response) => {
    const listener = listeners[Math.min(count, listeners.length - 1)];
    count += 1;
    listener?.(request, response);
  };
}

export const json =
  (body: unknown, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

export const text =
  (body: string, status = 200, headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

export const hanging: RequestListener = () => undefined;

/** An address where nobody listens. */
export async function nobody(): Promise<string> {
  const url = await serve(hanging);
  await close(servers.pop());
  return url;
}

export async function closeServers(): Promise<void> {
  await Promise.all(servers.splice(0).map(close));
}

async function close(server: Server | SecureServer | undefined): Promise<void> {
  const closed = new Promise((resolve) => server?.close(resolve));
  server?.closeAllConnections();
  await closed;
}
