import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A real proxy on 127.0.0.1, and whom it connected to. */
export interface Proxy {
  readonly port: number;
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** An HTTP proxy that knows CONNECT (RFC 9110, 9.3.6), with a password or not. */
export async function httpProxy(password?: string): Promise<Proxy> {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on('connect', (request, near: Socket) => {
    const wanted = password && `Basic ${Buffer.from(`slipway:${password}`).toString('base64')}`;
    if (wanted && request.headers['proxy-authorization'] !== wanted) {
      near.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [, host = '', port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(request.url ?? '') ?? [];
    asked.push(request.url ?? '');
    join(near, host, Number(port), 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  return listening(server, asked);
}

/** A SOCKS 5 proxy without a password (RFC 1928), for names and IPv4 addresses. */
export async function socksProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const server = createServer((near) => {
    near.once('data', () => {
      near.write(Buffer.from([5, 0]));
      near.once('data', (request: Buffer) => {
        const named = request[3] === 3;
        const end = named ? 5 + (request[4] ?? 0) : 8;
        const host = named
          ? request.toString('latin1', 5, end)
          : [...request.subarray(4, end)].join('.');
        const port = request.readUInt16BE(end);
        asked.push(`${host}:${port}`);
        const answer = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
        join(near, host, port, answer(0), answer(5));
      });
    });
  });
  return listening(server, asked);
}

function join(
  near: Socket,
  host: string,
  port: number,
  yes: string | Buffer,
  no: string | Buffer,
): void {
  const far = connect(port, host);
  far.once('connect', () => {
    near.write(yes);
    near.pipe(far).pipe(near);
  });
  far.on('error', () => near.end(no));
  near.on('error', () => far.destroy());
}

async function listening(server: Server, asked: readonly string[]): Promise<Proxy> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => open.add(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** What `nc -X connect -x` is elsewhere: a program that asks an HTTP proxy for the way, with a token from its environment. */
export const HTTP_CLIENT = `
const [proxy, target] = process.argv.slice(2);
const auth = process.env.PROXY_TOKEN ? 'Proxy-Authorization: Basic ' + Buffer.from('slipway:' + process.env.PROXY_TOKEN).toString('base64') + '\\r\\n' : '';
const socket = require('net').connect(Number(proxy), '127.0.0.1', () => socket.write('CONNECT ' + target + ' HTTP/1.1\\r\\nHost: ' + target + '\\r\\n' + auth + '\\r\\n'));
socket.once('data', (head) => {
  const [line] = String(head).split('\\r\\n');
  if (!line.includes(' 200 ')) { console.error('the proxy says: ' + line); process.exit(1); }
  process.stdout.write(head.subarray(head.indexOf('\\r\\n\\r\\n') + 4));
  socket.pipe(process.stdout);
  process.stdin.pipe(socket);
});
socket.on('error', (error) => { console.error(error.message); process.exit(1); });
socket.on('close', () => process.exit());
`;

/** The same for SOCKS 5. */
export const SOCKS_CLIENT = `
const [proxy, host, port] = process.argv.slice(2);
const socket = require('net').connect(Number(proxy), '127.0.0.1', () => socket.write(Buffer.from([5, 1, 0])));
socket.once('data', () => {
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, host.length]), Buffer.from(host), Buffer.from([port >> 8, port & 255])]));
  socket.once('data', (answer) => {
    if (answer[1] !== 0) { console.error('SOCKS says ' + answer[1]); process.exit(1); }
    process.stdout.write(answer.subarray(10));
    socket.pipe(process.stdout);
    process.stdin.pipe(socket);
  });
});
socket.on('close', () => process.exit());
`;
