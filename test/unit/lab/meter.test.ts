import { afterAll, expect, test } from '@jest/globals';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Meter } from '../../lab/meter.ts';

const open: (Server | Socket)[] = [];
afterAll(() => {
  for (const one of open) if ('destroy' in one) one.destroy(); else one.close(); // prettier-ignore
});

/** A server that obeys `reset`, told how many requests the connection has brought and how many all have; else it answers. */
async function serve(reset: (onConnection: number, all: number) => boolean): Promise<string> {
  let all = 0;
  const server = createServer((socket: Socket) => {
    let count = 0;
    open.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      [count, all] = [count + 1, all + 1];
      if (reset(count, all)) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function measure(
  url: string,
  connections: 'fresh' | 'keep-alive',
): ReturnType<Meter['stop']> {
  const meter = new Meter({ streams: [{ url, perSecond: 100, connections }] });
  meter.start();
  while (meter.count().sent < 20) await new Promise((resolve) => setTimeout(resolve, 10));
  return meter.stop();
}

test('what a server resets is a failure', async () => {
  const { failed, retried, failures } = await measure(await serve((_, all) => all === 3), 'fresh');
  expect({ failed, retried, failures }).toEqual({ failed: 1, retried: 0, failures: { ECONNRESET: 1 } }); // prettier-ignore
});

test('on a kept connection it is asked again, which is counted apart', async () => {
  const { failures, retried } = await measure(await serve((nth) => nth === 3), 'keep-alive');
  expect(failures).toEqual({});
  expect(retried).toBeGreaterThan(0);
});

test('but not for ever', async () => {
  const { failed } = await measure(await serve((_, all) => all > 3), 'keep-alive');
  expect(failed).toBeGreaterThan(10);
});
