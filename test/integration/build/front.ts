import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { showToBuilders } from '../../lab/builder.ts';
import { machine, registry } from '../../lab/engine.ts';

/** An answer that a registry gives instead of doing what it is asked. */
interface Refusal {
  readonly status: number;
  /** An error code of the distribution specification, and the registry's words. */
  readonly code: string;
  readonly message: string;
}

/** The lab's registry behind a front of plain HTTP that refuses what it is told to refuse. */
export interface Front {
  /** `host:port`, as builders and this machine reach it. */
  readonly address: string;
  /** From now on; undefined lets everything through. The function sees method and path, e.g. `PUT /v2/a/b/manifests/x`. */
  refuse(decide: ((request: string) => Refusal | undefined) | undefined): void;
  stop(): Promise<void>;
}

export async function startFront(): Promise<Front> {
  let decide: ((request: string) => Refusal | undefined) | undefined;
  const server = createServer((incoming, outgoing) => {
    const refusal = decide?.(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    if (refusal === undefined) pass(incoming, outgoing);
    else {
      incoming.resume();
      const { status, code, message } = refusal;
      outgoing.writeHead(status, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ errors: [{ code, message }] }));
    }
  });
  await once(server.listen(0, machine.listen), 'listening');
  const shown = await showToBuilders((server.address() as AddressInfo).port);
  return {
    address: shown.address,
    refuse: (next) => {
      decide = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.all([once(server, 'close'), shown.stop()]);
    },
  };
}

const [host = '', port = ''] = registry.address.split(':');
const ca = readFileSync(registry.authority);

function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, url: path, headers } = incoming;
  const onward = request(
    // The registry makes its addresses from these, so that they lead back here.
    { host, port, ca, method, path, headers: { ...headers, 'x-forwarded-proto': 'http' } },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    },
  );
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
