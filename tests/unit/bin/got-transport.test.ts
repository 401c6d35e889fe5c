/** Requests of commands over connections that are kept. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { GotTransport } from '../../../bin/got-transport.js';

const REQUESTS = 20;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function listening(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function send(server: Server) {
  const { port } = server.address() as AddressInfo;
  const request = { method: 'GET', path: '/', headers: {} } as const;
  return new GotTransport().send(`http://127.0.0.1:${port}`, request, AbortSignal.timeout(5_000));
}

t.test('a connection that serves many requests keeps nothing of them', async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  let connections = 0;
  const server = await listening((socket) => {
    connections += 1;
    socket.on('data', () => socket.write(ANSWER));
  });
  for (let i = 0; i < REQUESTS; i += 1) t.match(await send(server), { kind: 'http', status: 200 });
  process.off('warning', note);
  t.equal(connections, 1);
  t.same(warnings, []);
  server.close();
});

t.test('what breaks on a kept connection may have been sent', async (t) => {
  let answers = 0;
  const server = await listening((socket) => {
    socket.on('data', () => {
      answers += 1;
      if (answers === 1) socket.write(ANSWER);
      else socket.destroy();
    });
  });
  await send(server);
  t.match(await send(server), { kind: 'unanswered', nothingSent: false });
  server.close();
});
