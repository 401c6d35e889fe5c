/** What every transport must do, in one suite; see lib/environment/transport.ts. */
import type { Test } from 'tap';
import { Inbox } from './inbox.js';
import type { NodeId, Transport } from '../../lib/environment/transport.js';
import { HANDSHAKE_CASES } from './handshake-cases.js';
import type { Case, MakeNetwork, TransportNetwork } from './transport-network.js';

interface RunningNode {
  readonly id: NodeId;
  readonly transport: Transport;
  readonly inbox: Inbox;
}

async function startNode(
  network: TransportNetwork,
  id: NodeId,
  peers: readonly NodeId[],
): Promise<RunningNode> {
  const transport = network.create(id);
  const inbox = new Inbox();
  network.connect(transport, peers);
  await network.start(transport, id, inbox);
  return { id, transport, inbox };
}

async function startAll(network: TransportNetwork, ids: readonly NodeId[]): Promise<RunningNode[]> {
  const others = (id: NodeId): NodeId[] => ids.filter((other) => other !== id);
  const nodes: RunningNode[] = [];
  for (const id of ids) nodes.push(await startNode(network, id, others(id)));
  const open = (node: RunningNode): boolean =>
    others(node.id).every((id) => node.transport.isOpen(id));
  await network.until(() => nodes.every(open), 'all links open');
  return nodes;
}

async function startPair(network: TransportNetwork): Promise<[RunningNode, RunningNode]> {
  const [first, second] = await startAll(network, ['n1', 'n2']);
  if (first === undefined || second === undefined) throw new Error('two nodes were started');
  return [first, second];
}

async function stopAll(...nodes: readonly RunningNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.transport.stop()));
}

const opensOneLinkAPair: Case = async (t, network) => {
  const nodes = await startAll(network, ['n1', 'n2', 'n3']);
  for (const { id, inbox, transport } of nodes) {
    const others = nodes.map((node) => node.id).filter((other) => other !== id);
    t.strictSame(
      inbox.events.toSorted(),
      others.map((other) => `+${other}`),
    );
    t.notOk(transport.isOpen(id), 'no link to itself');
    t.notOk(transport.isOpen('n9'));
    t.notOk(transport.send('n9', ['x']), 'nobody there');
  }
  await stopAll(...nodes);
};

const keepsOrder: Case = async (t, network) => {
  const [one, two] = await startPair(network);
  const count = 2_000;
  let sent = 0;
  for (let n = 0; n < count; n += 1) {
    if (one.transport.send('n2', ['n', n])) sent += 1;
    if (two.transport.send('n1', ['n', n])) sent += 1;
    if (n % 300 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(sent, 2 * count);
  const all = (node: RunningNode): boolean => node.inbox.messages.length >= count;
  await network.until(() => all(one) && all(two), 'all arrived');
  for (const node of [one, two]) {
    t.strictSame(
      node.inbox.messages.map(({ message }) => message),
      Array.from({ length: count }, (_, n) => ['n', n]),
      'in order, none twice',
    );
  }
  t.ok(two.inbox.messages.every(({ from }) => from === 'n1'));
  await stopAll(one, two);
};

const carriesAllTypes: Case = async (t, network) => {
  const [one, two] = await startPair(network);
  const message = [
    { text: 'é\u{1f600}', empty: '', list: [[]], none: null, yes: true },
    [0, -1, 1.5, 2 ** 53 - 1, -(2 ** 53 - 1), 1e300],
    'x'.repeat(70_000),
  ];
  const binary = new Uint8Array([0, 128, 255]);
  one.transport.send('n2', message);
  one.transport.send('n2', [binary, { inner: binary }]);
  await network.until(() => two.inbox.messages.length === 2, 'both arrived');
  t.strictSame(two.inbox.at(0), message);
  const [first, second] = two.inbox.at(1) as [Uint8Array, { inner: Uint8Array }];
  t.ok(first instanceof Uint8Array && second.inner instanceof Uint8Array);
  t.strictSame([...first, ...second.inner], [...binary, ...binary]);
  await stopAll(one, two);
};

const carriesLargeMessages: Case = async (t, network) => {
  const [one, two] = await startPair(network);
  const bytes = Buffer.alloc(network.frameBytesMax - 1_000, 'quorate');
  t.ok(one.transport.send('n2', ['large', bytes]));
  one.transport.send('n2', ['small']);
  await network.until(() => two.inbox.messages.length === 2, 'both arrived');
  const [, received] = two.inbox.at(0) as [string, Uint8Array];
  t.ok(bytes.equals(received));
  const merged = Buffer.alloc(15 * network.frameBytesMax, 'many sides');
  t.ok(one.transport.send('n2', [merged]), 'longer than a frame: it goes alone');
  await network.until(() => two.inbox.messages.length >= 3, 'that arrived, too');
  t.ok(merged.equals((two.inbox.at(2) as [Uint8Array])[0]));
  const longest = Buffer.alloc(16 * network.frameBytesMax);
  t.notOk(two.transport.send('n1', [longest]), 'longer than any may be');
  t.ok(two.transport.isOpen('n1'), 'and the link stays');
  await stopAll(one, two);
};

const carriesAFloodFromTheFirstMoment: Case = async (t, network) => {
  const ids = ['n1', 'n2'] as const;
  const bytes = new Uint8Array(50_000);
  const nodes = ids.map((id) => ({ id, inbox: new Inbox(), transport: network.create(id) }));
  for (const { id, inbox, transport } of nodes) {
    const opened = inbox.linkOpened.bind(inbox);
    inbox.linkOpened = (peer, link) => {
      opened(peer, link);
      for (let n = 0; n < 4; n += 1) transport.send(peer, [n, bytes]);
    };
    network.connect(
      transport,
      ids.filter((other) => other !== id),
    );
    await network.start(transport, id, inbox);
  }
  const all = () => nodes.every(({ inbox }) => inbox.messages.length === 4);
  await network.until(all, 'what was sent as the link opened has arrived');
  t.same(
    nodes.map(({ inbox }) => inbox.events),
    [['+n2'], ['+n1']],
    'on the first link',
  );
  await stopAll(...nodes);
};

const saysNoWhenFull: Case = async (t, network) => {
  const [one, two] = await startPair(network);
  const bytes = new Uint8Array(Math.floor(network.frameBytesMax / 4));
  let sent = 0;
  while (one.transport.send('n2', [sent, bytes])) {
    sent += 1;
    if (sent > 1_000) break;
  }
  const bytesMax = network.queueBytesMax + network.systemBufferBytesMax;
  t.ok(sent * bytes.length <= bytesMax, `full after ${String(sent)}`);
  t.ok(sent >= 2);
  await network.until(() => two.inbox.messages.length === sent, 'what was taken arrives');
  await network.until(() => one.transport.send('n2', ['again']), 'and there is room again');
  await network.until(() => two.inbox.messages.length === sent + 1, 'that arrives too');
  t.ok(two.inbox.messages.every(({ message }, n) => n === sent || (message as number[])[0] === n));
  await stopAll(one, two);
};

const tellsBeforeItLeaves: Case = async (t, network) => {
  const [one, two] = await startPair(network);
  const { transport } = one;
  t.notOk(transport.beforeLeaving('n9', () => t.fail('nobody is there')));
  let calls = 0;
  const fill = (): void => {
    calls += 1;
    t.ok(transport.send('n2', ['filled', calls]));
  };
  t.ok(transport.beforeLeaving('n2', fill), 'also where nothing was sent yet');
  transport.send('n2', ['sent']);
  t.ok(transport.beforeLeaving('n2', fill), 'each is called');
  t.equal(calls, 0, 'when the turn ends');
  await network.until(() => two.inbox.messages.length === 3, 'all arrived');
  t.strictSame(
    two.inbox.messages.map(({ message }) => message),
    [['sent'], ['filled', 1], ['filled', 2]],
  );
  transport.beforeLeaving('n2', () => t.fail('the link has closed'));
  transport.drop('n2');
  await network.until(() => transport.isOpen('n2'), 'it is open again');
  transport.send('n2', ['again']);
  await network.until(() => two.inbox.messages.length === 4, 'and works');
  t.equal(calls, 2, 'once');
  await stopAll(one, two);
};

const throwClosesThatLinkOnly: Case = async (t, network) => {
  const [one, two, three] = await startAll(network, ['n1', 'n2', 'n3']);
  if (one === undefined || two === undefined || three === undefined) throw new Error('three nodes');
  two.inbox.onMessage = (_from, message) => {
    if ((message as string[])[0] === 'bad') throw new Error('not understood');
  };
  one.transport.send('n2', ['good']);
  one.transport.send('n2', ['bad']);
  one.transport.send('n2', ['behind the bad one']);
  await network.until(() => two.inbox.events.includes('-n1'), 'closed where it was thrown');
  await network.until(() => one.inbox.events.includes('-n2'), 'closed on the other side');
  t.strictSame(
    two.inbox.messages.map(({ message }) => message),
    [['good'], ['bad']],
  );
  await network.until(() => one.transport.isOpen('n2') && two.transport.isOpen('n1'), 'open again');
  three.transport.send('n2', ['from the third']);
  one.transport.send('n2', ['after it']);
  await network.until(() => two.inbox.messages.length === 4, 'both are heard');
  t.notOk(three.inbox.events.includes('-n2'), 'the third noticed nothing');
  await stopAll(one, two, three);
};

const dropsAndReconnects: Case = async (t, network) => {
  const [one, two] = await startPair(network);
  for (const [dropper, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const before = dropper.inbox.events.length;
    dropper.transport.drop(other.id);
    t.notOk(dropper.transport.isOpen(other.id), 'closed at once');
    t.equal(dropper.inbox.events[before], `-${other.id}`, 'and notified at once');
    t.notOk(dropper.transport.send(other.id, ['x']));
    const open = (): boolean =>
      dropper.transport.isOpen(other.id) && other.transport.isOpen(dropper.id);
    await network.until(open, 'open again');
  }
  one.transport.drop('n9');
  for (const { inbox, id } of [one, two]) {
    const peer = id === 'n1' ? 'n2' : 'n1';
    const pairs = Array.from(inbox.events, (_, n) => (n % 2 === 0 ? `+${peer}` : `-${peer}`));
    t.strictSame(inbox.events, pairs, 'openings and closings take turns');
  }
  one.transport.send('n2', ['hello']);
  await network.until(() => two.inbox.messages.length === 1, 'heard');
  await stopAll(one, two);
};

const survivesRestarts: Case = async (t, network) => {
  const nodes = new Map<NodeId, RunningNode>();
  for (const node of await startPair(network)) nodes.set(node.id, node);
  for (const [restarted, stays] of [
    ['n1', 'n2'],
    ['n2', 'n1'],
  ] as const) {
    const old = nodes.get(restarted);
    const other = nodes.get(stays);
    if (old === undefined || other === undefined) throw new Error('both nodes run');
    await old.transport.stop();
    await network.until(() => !other.transport.isOpen(restarted), 'its peer notices');
    const fresh = await startNode(network, restarted, [stays]);
    nodes.set(restarted, fresh);
    const open = (): boolean => fresh.transport.isOpen(stays) && other.transport.isOpen(restarted);
    await network.until(open, `${restarted} is back`);
    const heard = fresh.inbox.messages.length;
    t.ok(other.transport.send(restarted, ['welcome back']));
    await network.until(() => fresh.inbox.messages.length === heard + 1, 'heard');
  }
  await stopAll(...nodes.values());
};

const followsTheSetOfPeers: Case = async (t, network) => {
  const one = await startNode(network, 'n1', []);
  const two = await startNode(network, 'n2', ['n1']);
  t.notOk(one.transport.isOpen('n2') || two.transport.isOpen('n1'), 'unknown: not let in');
  network.connect(one.transport, ['n2']);
  await network.until(() => one.transport.isOpen('n2') && two.transport.isOpen('n1'), 'known');
  network.connect(one.transport, []);
  t.notOk(one.transport.isOpen('n2'), 'forgotten at once');
  await network.until(() => !two.transport.isOpen('n1'), 'on both sides');
  await stopAll(one, two);
};

const stops: Case = async (t, network) => {
  const [one, two] = await startPair(network);
  one.transport.send('n2', ['last words']);
  await one.transport.stop();
  t.ok(one.inbox.events.includes('-n2'), 'notified that the link is gone');
  t.notOk(one.transport.isOpen('n2'));
  t.notOk(one.transport.send('n2', ['x']));
  await t.resolves(one.transport.stop(), 'stopping again is harmless');
  await network.until(() => two.inbox.events.includes('-n1'), 'the peer notices');
  t.strictSame(two.inbox.messages.length, 1, 'what was sent before arrives');
  await two.transport.stop();
  const never = network.create('n3');
  await t.resolves(never.stop(), 'one that never started');
};

const CASES: Readonly<Record<string, Case>> = {
  'one link a pair opens': opensOneLinkAPair,
  'messages keep their order': keepsOrder,
  'all types travel': carriesAllTypes,
  'large messages travel': carriesLargeMessages,
  'a flood from the first moment travels': carriesAFloodFromTheFirstMoment,
  'a full queue says no': saysNoWhenFull,
  'a throw closes that link only': throwClosesThatLinkOnly,
  'whoever asks is called before what was sent leaves': tellsBeforeItLeaves,
  'a dropped link opens again': dropsAndReconnects,
  'a restarted peer is back': survivesRestarts,
  ...HANDSHAKE_CASES,
  'links follow the set of peers': followsTheSetOfPeers,
  'stop resolves': stops,
};

/** Runs every case in a network of its own, without faults. */
export async function transportConformance(
  t: Test,
  name: string,
  makeNetwork: MakeNetwork,
): Promise<void> {
  await t.test(`transport: ${name}`, async (transport) => {
    for (const [title, run] of Object.entries(CASES)) {
      await transport.test(title, async (one) => {
        const network = await makeNetwork();
        await run(one, network);
        await network.close();
      });
    }
  });
}
