import { WebSocketServer } from 'ws';

const GOING_AWAY = 1001;

/** The WebSocket endpoint /ws says back what it hears. Returns the goodbye for its clients. */
export function attachEcho(server) {
  const sockets = new WebSocketServer({
    server,
    path: '/ws',
    maxPayload: 64 * 1024,
    closeTimeout: 2_000, // A client that does not say goodbye in return is not waited for.
  });
  sockets.on('connection', (socket) => {
    socket.on('error', () => socket.terminate());
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  return () => {
    for (const socket of sockets.clients) socket.close(GOING_AWAY, 'the service is restarting');
    return new Promise((resolve) => sockets.close(resolve));
  };
}
