import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { type Relay, startRelay } from '../../lab/relay.ts';

describe('the relay', () => {
  let echo: Server;
  let port: number;
  let relay: Relay | undefined;

  beforeEach(async () => {
    echo = createServer((socket) => {
      socket.on('error', () => undefined).pipe(socket);
    });
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    ({ port } = echo.address() as AddressInfo);
  });

  afterEach(async () => {
    await relay?.stop();
    relay = undefined;
    echo.close();
  });

  const open = async (): Promise<Socket> => {
    const socket = connect(relay?.port ?? 0, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };

  test('passes bytes both ways unchanged, and the end', async () => {
    relay = await startRelay({ host: '127.0.0.1', port, delayMs: 5 });
    const bytes = Buffer.alloc(1_000_000, 'abcdefg');
    const socket = await open();
    socket.end(bytes);
    expect((await buffer(socket)).equals(bytes)).toBe(true);
  });

  test('a round trip takes twice the delay', async () => {
    relay = await startRelay({ host: '127.0.0.1', port, delayMs: 50 });
    const socket = await open();
    const began = performance.now();
    socket.write('ping');
    await once(socket, 'data');
    expect(performance.now() - began).toBeGreaterThanOrEqual(95);
    socket.destroy();
  });

  test('drop resets what is open and takes new connections', async () => {
    relay = await startRelay({ host: '127.0.0.1', port });
    const lost = await open();
    lost.write('x');
    await once(lost, 'data');
    const failed = once(lost, 'error');
    relay.drop();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    const next = await open();
    next.end('again');
    expect(await text(next)).toBe('again');
    expect(relay.connections()).toBe(2);
  });

  test('what nobody answers behind it shows as a reset', async () => {
    const free = createServer();
    await once(free.listen(0, '127.0.0.1'), 'listening');
    const { port: unused } = free.address() as AddressInfo;
    free.close();
    relay = await startRelay({ host: '127.0.0.1', port: unused });
    const socket = connect(relay.port, '127.0.0.1');
    expect(await once(socket, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  test('stop takes no more connections', async () => {
    relay = await startRelay({ host: '127.0.0.1', port });
    await relay.stop();
    const socket = connect(relay.port, '127.0.0.1');
    expect(await once(socket, 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
    relay = undefined;
  });
});
