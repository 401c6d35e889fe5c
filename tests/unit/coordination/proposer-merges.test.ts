/** A proposer whose own record lacks what is being merged into it: nothing is done on it. */
import t from 'tap';
import type { Decided } from '../../../lib/coordination/strong/local-proposer.js';
import type { OwnRecords } from '../../../lib/coordination/strong/own-records.js';
import {
  PartitionAcceptors,
  type PartitionAcceptorsOptions,
} from '../../../lib/coordination/strong/partition-acceptors.js';
import type { Proposers } from '../../../lib/coordination/strong/proposers.js';
import { StrongReports } from '../../../lib/coordination/strong/strong-reports.js';
import { StrongWire } from '../../../lib/coordination/strong/strong-wire.js';
import type { AcceptorRequest } from '../../../lib/consensus/messages.js';
import { placeOf, type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { turn } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { loneProposers, planOf } from './lone-proposers.js';

const SELF = 'n1';
const AT = recordKey('default', 'k', 16);
const BALLOT = { round: 2, node: SELF, start: 1 };

function acceptorsThatNote(sent: AcceptorRequest[]): PartitionAcceptors {
  const ask = (...[, , , request]: readonly [unknown, unknown, unknown, AcceptorRequest]): void => {
    sent.push(request);
  };
  const options = { self: SELF, acceptors: { ask }, pageBytesMax: 1000 };
  return new PartitionAcceptors(
    options as unknown as PartitionAcceptorsOptions,
    AT.partition,
    new StrongWire(AT.partition, 16),
    { hear: () => undefined, follow: () => undefined },
  );
}

const mark = { ballot: { ...BALLOT, round: 1 }, seq: 1 };
const ACTIVATE = {
  ...({ do: 'activate', node: 'n2', ballot: BALLOT, adopted: [] } as const),
  brought: [
    { key: 'a', mark },
    { key: 'b', mark },
  ],
} as const;

t.test('ACTIVATE is not sent where one of the merges failed beside another', async (t) => {
  const sent: AcceptorRequest[] = [];
  let release: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (release = resolve));
  // As in OwnRecords: what has failed is not remembered.
  let second: Promise<void> | undefined = Promise.reject(new Error('too much waits for the disk'));
  const own = {
    merged: (key: string) => (key === 'a' ? first : (second ?? Promise.resolve())),
    recordOf: () => undefined,
  } as unknown as OwnRecords;
  const activating = acceptorsThatNote(sent).activate(ACTIVATE, own, () => true);
  const refused = t.rejects(activating, { message: 'too much waits for the disk' });
  second = undefined;
  await turn();
  release();
  await refused;
  t.strictSame(sent, []);
});

t.test('ACTIVATE is not sent under a ballot that was given up', async (t) => {
  const sent: AcceptorRequest[] = [];
  let isUnder = true;
  const own = { merged: () => Promise.resolve(), recordOf: () => undefined };
  const acceptors = acceptorsThatNote(sent);
  const activating = acceptors.activate(ACTIVATE, own as unknown as OwnRecords, () => isUnder);
  isUnder = false;
  await activating;
  t.strictSame(sent, []);
});

t.test('a look of an earlier ballot decides nothing of a later one', async (t) => {
  const plan = planOf(AT.partition, 1);
  const { clock, acceptor, proposers } = await loneProposers(t, () => plan);
  const other = keyBeside(AT);
  // Its proposal gets no answer: after a second a new ballot is tried.
  const vote = acceptor.vote.bind(acceptor);
  acceptor.vote = (of, proposal) => {
    return proposal.key === placeOf(other) ? new Promise(() => undefined) : vote(of, proposal);
  };
  const gates: (() => void)[] = [];
  acceptor.settled = (key) => {
    return key === placeOf(AT) ? new Promise((resolve) => gates.push(resolve)) : undefined;
  };
  const decided: Decided[] = [];
  const submit = (at: RecordKey): void => {
    const read = { at, change: undefined, condition: { is: 'none' as const } };
    const deadline = clock.monotonicMilliseconds() + 50_000;
    proposers.submit({ ...read, deadline }, (one) => {
      if (at === AT) decided.push(one);
    });
  };
  submit(other);
  submit(AT);
  submit(AT);
  await clock.advance(500);
  t.equal(gates.length, 1, 'the first looks');
  await clock.advance(3_000);
  t.match(decided, [{ is: 'deposed' }]);
  t.equal(gates.length, 2, 'the second looks, under another ballot');
  gates[0]?.();
  await clock.advance(1_000);
  t.equal(decided.length, 1, 'it waits for its own look');
  gates[1]?.();
  await clock.advance(1_000);
  t.match(decided[1], { is: 'read' });
});

t.test('who asks what a key holds is told that more is on its way into it', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const { acceptor, store, identity } = cluster.node(SELF).disk;
  const proposers = { isBusy: () => false, isActiveAt: () => true } as unknown as Proposers;
  const reports = new StrongReports({ self: SELF, acceptor, proposers, store, identity });
  t.match(await reports.own(AT), { isBusy: false });
  acceptor.settled = () => Promise.resolve();
  t.match(await reports.own(AT), { isBusy: true });
});

t.test('an owner is not taught a record that lacks what it is to learn', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.get(SELF, 'k', { level: 'strong' });
  const proposer = cluster.node(SELF).disk.acceptor.promised(AT.partition).node;
  const away = cluster.ids.find((id) => id !== proposer) ?? '';
  cluster.network.cut(proposer, away);
  await cluster.put(proposer, 'k', 'x', { level: 'strong' });
  const { acceptor } = cluster.node(proposer).disk;
  const settled = acceptor.settled.bind(acceptor);
  acceptor.settled = (key) => (key === placeOf(AT) ? new Promise(() => undefined) : settled(key));
  // What it sends first of it gets lost.
  await cluster.clock.advance(100);
  cluster.network.heal();
  const there = cluster.node(away).disk.acceptor;
  const handle = there.handle.bind(there);
  let taught = 0;
  there.handle = (partition, request) => {
    if (request.is === 'learn' && request.key === placeOf(AT)) taught += 1;
    return handle(partition, request);
  };
  await cluster.clock.advance(5_000);
  t.equal(taught, 0);
  acceptor.settled = settled;
  await cluster.clock.advance(5_000);
  t.not(taught, 0);
});

/** Another one of its partition. */
function keyBeside({ partition }: RecordKey): RecordKey {
  for (let n = 0; ; n += 1) {
    const at = recordKey('default', `other${n}`, 16);
    if (at.partition === partition) return at;
  }
}
