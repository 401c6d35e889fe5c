/** Strangers who take all the room of the peer port: members get in, from whichever address. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { Worker } from 'node:worker_threads';
import type { PeerSockets } from '../../lib/platform/peer-sockets.js';
import { Inbox } from '../conformance/inbox.js';
import { SocketNetwork } from '../conformance/socket-network.js';
import { upgradeRequest } from './web-socket-bytes.js';

/** Where both listen, and where calls to it come from. */
const HOST = '127.0.0.1';
/** Only Linux has more than one address for loopback by itself. */
const ELSEWHERE = process.platform === 'linux' ? '127.88.0.1' : HOST;
const STRANGERS = 900;
const AT_ONCE = 50;

interface Pair {
  readonly network: SocketNetwork;
  readonly one: PeerSockets;
  readonly two: PeerSockets;
}

/** Two is called, and waits long for a proof; one is not started yet. */
async function pair(): Promise<Pair> {
  const network = await SocketNetwork.make(['n1', 'n2']);
  const listen = (id: string) => ({ host: HOST, port: network.portOf(id) });
  const one = network.create('n1', { listen: listen('n1'), reconnectDelayMinMilliseconds: 1 });
  const timeout = { handshakeTimeoutMilliseconds: 60_000 };
  const two = network.create('n2', { listen: listen('n2'), ...timeout });
  one.setPeers([{ id: 'n2', addresses: [`${HOST}:${network.portOf('n2')}`] }]);
  two.setPeers([{ id: 'n1', addresses: [`${HOST}:${network.portOf('n1')}`] }]);
  await two.start(new Inbox());
  return { network, one, two };
}

/** Connected, and silent, in this order; every second one has asked for a WebSocket. */
async function silentStrangers(port: number, localAddress: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < STRANGERS) {
    const some = Array.from({ length: AT_ONCE }, (_, n) => {
      const socket = connect({ host: HOST, port, localAddress });
      socket.on('error', () => undefined).resume();
      if (n % 2 === 0) socket.write(upgradeRequest());
      return socket;
    });
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return sockets;
}

const isOpen = ({ one, two }: Pair): boolean => one.isOpen('n2') && two.isOpen('n1');

t.test('silent strangers at one address keep no member out', async (t) => {
  for (const [address, most] of [
    [ELSEWHERE, ELSEWHERE === HOST ? 768 : 64],
    [HOST, 768],
  ] as const) {
    const nodes = await pair();
    const { network, one } = nodes;
    const strangers = await silentStrangers(network.portOf('n2'), address);
    const open = (): number => strangers.filter((socket) => !socket.destroyed).length;
    await network.until(() => open() <= most, `${address}: at most ${most} stay`);
    t.equal(open(), most, 'the others were turned away, and no more than needed');
    const newest = strangers.slice(-most).filter((socket) => !socket.destroyed).length;
    t.ok(newest > most / 2, `it was the oldest who went (${String(newest)} newest stay)`);
    await one.start(new Inbox());
    await network.until(() => isOpen(nodes), 'the member is in');
    t.ok(network.observer.countOf('quorate_peer_refusals_total') >= STRANGERS - most);
    for (const socket of strangers) socket.destroy();
    await network.close();
  }
});

t.test('who opens connections without end keeps no member out', async (t) => {
  for (const localAddress of new Set([ELSEWHERE, HOST])) {
    const nodes = await pair();
    const { network, one } = nodes;
    const place = { host: HOST, port: network.portOf('n2') };
    const flood = new Worker(new URL('./flood-worker.js', import.meta.url), {
      workerData: { ...place, localAddress },
    });
    const refused = (): number => network.observer.countOf('quorate_peer_refusals_total');
    await network.until(() => refused() > STRANGERS, 'the flood has taken all the room');
    await one.start(new Inbox());
    for (let n = 0; n < 5; n += 1) {
      await network.until(() => isOpen(nodes), `in for the ${n}. time from ${localAddress}`);
      one.drop('n2');
    }
    flood.postMessage('stop');
    const [opened] = (await once(flood, 'message')) as [number];
    t.ok(opened > STRANGERS, `${opened} were opened meanwhile from ${localAddress}`);
    t.equal(network.observer.countOf('quorate_listener_failures_total'), 0, 'nothing threw');
    await network.close();
  }
});
