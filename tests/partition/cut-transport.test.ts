/** The cut itself, over real sockets. */
import t from 'tap';
import { SocketNetwork } from '../conformance/socket-network.js';
import { Inbox } from '../conformance/inbox.js';
import { transportConformance } from '../conformance/transport-suite.js';
import { CutTransport } from './cut-transport.js';

async function pair(network: SocketNetwork) {
  const make = async (id: string) => {
    const inbox = new Inbox();
    const transport = new CutTransport(network.create(id));
    network.connect(transport, id === 'n1' ? ['n2'] : ['n1']);
    await transport.start(inbox);
    return { inbox, transport };
  };
  const nodes = [await make('n1'), await make('n2')] as const;
  const [one, two] = nodes;
  await network.until(() => one.transport.isOpen('n2') && two.transport.isOpen('n1'), 'open');
  return nodes;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 60));

t.test('a cut loses messages in silence, in the chosen directions', async (t) => {
  const network = await SocketNetwork.make();
  const [one, two] = await pair(network);
  one.transport.cut('n2', ['to']);
  t.ok(one.transport.send('n2', ['lost']), 'the sender does not notice');
  t.ok(two.transport.send('n1', ['heard']));
  await network.until(() => one.inbox.messages.length === 1, 'the other way is open');
  one.transport.cut('n2', ['from']);
  t.ok(two.transport.send('n1', ['lost too']));
  t.ok(one.transport.send('n2', ['heard now']));
  await network.until(() => two.inbox.messages.length === 1, 'this way is open now');
  t.strictSame(two.inbox.at(0), ['heard now']);
  one.transport.healAll();
  two.transport.send('n1', ['healed']);
  await network.until(() => one.inbox.messages.length === 2, 'open again');
  t.strictSame(one.inbox.at(1), ['healed']);
  t.strictSame(one.inbox.events, ['+n2'], 'it was one link all the time');
  await network.close();
});

t.test('a link that is dropped behind a cut opens when it is healed', async (t) => {
  const network = await SocketNetwork.make();
  const [one, two] = await pair(network);
  for (const [transport, peer] of [
    [one.transport, 'n2'],
    [two.transport, 'n1'],
  ] as const) {
    transport.cut(peer);
    transport.drop(peer);
    t.notOk(transport.isOpen(peer));
    t.notOk(transport.send(peer, ['x']));
  }
  await pause();
  t.notOk(one.transport.isOpen('n2') || two.transport.isOpen('n1'), 'it stays closed');
  one.transport.heal('n2');
  two.transport.heal('n1');
  await network.until(() => one.transport.isOpen('n2') && two.transport.isOpen('n1'), 'open');
  t.ok(one.transport.send('n2', ['healed']));
  await network.until(() => two.inbox.messages.length === 1, 'heard');
  t.strictSame(one.inbox.events, ['+n2', '-n2', '+n2']);
  await network.close();
});

t.test('without a cut it is a transport like any other', async (t) => {
  await transportConformance(t, 'sockets that can be cut', async () => {
    const network = await SocketNetwork.make();
    return {
      frameBytesMax: network.frameBytesMax,
      queueBytesMax: network.queueBytesMax,
      systemBufferBytesMax: network.systemBufferBytesMax,
      create: (id) => new CutTransport(network.create(id)),
      start: (transport, id, receiver) => network.start(transport, id, receiver),
      connect: (transport, peers) => {
        network.connect(transport, peers);
      },
      until: (condition, what) => network.until(condition, what),
      close: () => network.close(),
    };
  });
});
