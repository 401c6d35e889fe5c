/** At a stop the port of peers lets go of all who have not proven themselves. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { HOST, SocketNetwork } from '../../conformance/socket-network.js';
import { Inbox } from '../../conformance/inbox.js';
import { inTime, reached } from '../in-time.js';

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
const SAID: Readonly<Record<string, string>> = {
  nothing: '',
  'half a head': 'GET / HTTP/1.1\r\nHost: x\r\nFil',
  'half a body': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc',
  'an upgrade, and no greeting': `${UPGRADE}\r\n`,
  'an upgrade, and half a frame': `${UPGRADE}\r\n\x82\x7f\x00`,
  'a request that is answered': 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'an upgrade from a page': `${UPGRADE}Origin: https://evil.example\r\n\r\n`,
  'a tunnel': 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
};

/** It never ends its side by itself. */
function stranger(port: number, said: string): Socket {
  const socket = connect({ host: HOST, port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(said);
  return socket;
}

t.test('nobody keeps a stop waiting', async (t) => {
  const network = await SocketNetwork.make(['n1', 'n2']);
  t.teardown(() => network.close());
  const transport = network.create('n1');
  network.connect(transport, ['n2']);
  await transport.start(new Inbox());
  const port = network.portOf('n1');
  const sockets = Object.entries(SAID).map(([name, said]) => [name, stranger(port, said)] as const);
  await sleep(100);
  await inTime('the stop', transport.stop());
  const refusals = network.observer.labelsOf('quorate_peer_refusals_total');
  const late = refusals.filter(({ reason }) => reason === 'no_proof_in_time');
  t.strictSame(late, [], 'it does not wait until their time has run out');
  for (const [name, socket] of sockets) {
    socket.write('x');
    await reached(`the end of ${name}`, () => socket.destroyed || socket.readableEnded);
    t.pass(name);
    socket.destroy();
  }
  const another = stranger(port, '');
  await reached('a refusal', () => another.destroyed);
  t.equal(another.bytesRead, 0);
});
