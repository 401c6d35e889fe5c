/** What every transport must do while two nodes meet: who they are, and who may refuse. */
import type { NodeId, Transport } from '../../lib/environment/transport.js';
import { Inbox } from './inbox.js';
import type { Case, TransportNetwork } from './transport-network.js';

interface Party {
  readonly inbox: Inbox;
  readonly transport: Transport;
}

const BOTH_WAYS = [
  ['n1', 'n2'],
  ['n2', 'n1'],
] as const;

/** n1 and n2 are started, in this order: so each of them is a caller once. */
async function startBoth(
  network: TransportNetwork,
  inboxes: ReadonlyMap<NodeId, Inbox>,
): Promise<(id: NodeId) => Party> {
  const parties = new Map<NodeId, Party>();
  for (const [id, peer] of BOTH_WAYS) {
    const inbox = inboxes.get(id) ?? new Inbox();
    const transport = network.create(id);
    network.connect(transport, [peer]);
    await network.start(transport, id, inbox);
    parties.set(id, { inbox, transport });
  }
  return (id) => {
    const party = parties.get(id);
    if (party === undefined) throw new Error(`${id} was not started`);
    return party;
  };
}

const knowsTheOtherEnd: Case = async (t, network) => {
  const inboxes = new Map(BOTH_WAYS.map(([id]) => [id, new Inbox()] as const));
  for (const [id, inbox] of inboxes) {
    inbox.introduction = { cluster: 'c', ring: 'r', life: `of ${id}`, ran: 1, address: `${id}:9` };
  }
  const party = await startBoth(network, inboxes);
  const [one, two] = [party('n1'), party('n2')];
  await network.until(() => one.inbox.links.has('n2') && two.inbox.links.has('n1'), 'open');
  t.match(one.inbox.links.get('n2'), { ...two.inbox.introduction, remote: /./ });
  t.match(two.inbox.links.get('n1'), { ...one.inbox.introduction, remote: /./ });
  const versions = [one.inbox.links.get('n2')?.version, two.inbox.links.get('n1')?.version];
  t.equal(versions[0], versions[1]);
};

const refusesOnEitherSide: Case = async (t, network) => {
  for (const [judge, other] of BOTH_WAYS) {
    const kind = judge === 'n1' ? 'life' : 'second';
    const refusal = { kind, detail: 'elsewhere' } as const;
    const inbox = new Inbox();
    inbox.refusals.set(other, refusal);
    const party = await startBoth(network, new Map([[judge, inbox]]));
    const [mine, theirs] = [party(judge), party(other)];
    await network.until(() => theirs.inbox.refused.length > 0, 'notified');
    t.strictSame(theirs.inbox.refused[0], [judge, refusal]);
    t.strictSame([mine.inbox.events, theirs.inbox.events], [[], []], 'no link opened');
    inbox.refusals.clear();
    await network.until(() => mine.transport.isOpen(other), 'open once it is not refused');
    await theirs.transport.stop();
    await mine.transport.stop();
  }
};

const tellsThatAVerdictIsAwaited: Case = async (t, network) => {
  for (const [judge, other] of BOTH_WAYS) {
    const inbox = new Inbox();
    let decide: () => void = () => undefined;
    inbox.verdict = new Promise((resolve) => {
      decide = resolve;
    });
    const party = await startBoth(network, new Map([[judge, inbox]]));
    const [mine, theirs] = [party(judge), party(other)];
    await network.until(() => theirs.transport.awaitsVerdictOf(judge), 'awaited');
    t.notOk(theirs.transport.isOpen(judge) || theirs.transport.awaitsVerdictOf('n9'));
    decide();
    await network.until(() => theirs.transport.isOpen(judge), 'open');
    t.notOk(theirs.transport.awaitsVerdictOf(judge), 'it has come');
    await theirs.transport.stop();
    await mine.transport.stop();
  }
};

export const HANDSHAKE_CASES: Readonly<Record<string, Case>> = {
  'both sides know who is at the other end': knowsTheOtherEnd,
  'either side may refuse, and the other is notified': refusesOnEitherSide,
  'it tells that a verdict is awaited, until it comes': tellsThatAVerdictIsAwaited,
};
