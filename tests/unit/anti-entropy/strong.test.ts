/** What owners keep of the strong level: rebuilt from every other owner; it holds up collection. */
import t, { type Test } from 'tap';
import { type Ballot, NO_BALLOT } from '../../../lib/consensus/ballot.js';
import type { AcceptorReply, AcceptorRequest } from '../../../lib/consensus/messages.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import {
  placeOf,
  proposalKey,
  type RecordKey,
  recordKey,
} from '../../../lib/persistence/keyspace.js';
import { encodeRecord } from '../../../lib/persistence/records.js';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import { NO_SIBLINGS, type Siblings } from '../../../lib/versioning/siblings.js';
import { LocalCluster } from '../local-cluster.js';

const PARTITIONS = 16;
const first: Ballot = { round: 1, node: 'n2', start: 1 };
const second: Ballot = { round: 2, node: 'n3', start: 1 };

function stateOf(n: number, state: 'value' | 'tombstone' = 'value'): Siblings {
  const dot = { writer: 'n2.1.0123456789ab', n };
  const version = {
    ...{ dot, state, contentType: 'text/plain', writtenAt: 0 },
    ...{ value: Buffer.from(String(n)), expiresAt: undefined },
  };
  return { epoch: 1, context: withMinted(EMPTY_CONTEXT, dot), versions: [version] };
}

class Stage {
  readonly cluster: LocalCluster;
  readonly at: RecordKey;
  readonly other: RecordKey;

  constructor(cluster: LocalCluster) {
    this.cluster = cluster;
    const key = cluster.keyOwnedBy(cluster.ids);
    this.at = recordKey('default', key, PARTITIONS);
    const isNear = (name: string): boolean =>
      recordKey('default', name, PARTITIONS).partition === this.at.partition;
    const near = Array.from({ length: 1000 }, (_, i) => `near-${i}`).find(isNear) ?? '';
    this.other = recordKey('default', near, PARTITIONS);
  }

  acceptor(id: NodeId) {
    return this.cluster.node(id).disk.acceptor;
  }

  tell(id: NodeId, request: AcceptorRequest): Promise<AcceptorReply | undefined> {
    return this.cluster.wait(this.acceptor(id).handle(this.at.partition, request));
  }

  accept(id: NodeId, at: RecordKey, state: Siblings): Promise<AcceptorReply | undefined> {
    const { start } = this.cluster.node(id).disk.identity;
    const [seq, dot] = [state.versions[0]?.dot.n ?? 0, state.versions[0]?.dot];
    const proposal = {
      key: placeOf(at),
      id: { ballot: first, seq },
      dot,
      state,
      base: [],
      above: undefined,
    };
    return this.tell(id, { is: 'accept', proposal, start });
  }

  learn(id: NodeId, at: RecordKey, state: Siblings, isSettled = false) {
    const proposal = { ballot: first, seq: state.versions[0]?.dot.n ?? 0 };
    return this.tell(id, { is: 'learn', key: placeOf(at), id: proposal, state, isSettled });
  }

  rebuilds(id: NodeId): boolean {
    return this.cluster.node(id).disk.health.isRebuilding(this.at.partition);
  }
}

/** @param limits beside small pages */
async function stageFor(t: Test, limits = {}): Promise<Stage> {
  const cluster = await LocalCluster.of({ limits: { pageBytesMax: 200, ...limits } });
  t.teardown(() => cluster.stop());
  return new Stage(cluster);
}

t.test('a damaged owner answers nothing until it has asked every other owner', async (t) => {
  // The collection would settle what is accepted here, under a ballot of its own.
  const stage = await stageFor(t, { collectIntervalMilliseconds: 1e9 });
  const { cluster, at, other } = stage;
  await stage.accept('n1', at, stateOf(1));
  await stage.accept('n2', at, stateOf(1));
  await stage.accept('n2', other, stateOf(2));
  await stage.learn('n3', other, stateOf(2));
  await stage.tell('n3', { is: 'prepare', ballot: second, from: '' });
  await stage.tell('n2', { is: 'activate', ballot: first, entries: [], isLast: true });
  // All that n1 held is gone from its disk.
  const { disk } = cluster.node('n1');
  await cluster.wait(disk.store.sync());
  const gone = [proposalKey('acceptance', at)].map((key) => ({ type: 'delete' as const, key }));
  await cluster.disks.get('n1')?.write(gone, { sync: true });
  cluster.network.cut('n1', 'n3');
  disk.health.damage(at.partition, 'test');
  await cluster.clock.advance(30_000);
  t.ok(stage.rebuilds('n1'), 'one owner has not sent what it has promised');
  for (const request of [
    { is: 'prepare', ballot: { ...second, round: 9 }, from: '' } as const,
    { is: 'forget ballot', ballot: second } as const,
  ]) {
    await t.rejects(stage.tell('n1', request), { code: 'rebuilding' });
  }
  await t.rejects(stage.accept('n1', other, stateOf(3)), { code: 'rebuilding' });
  t.throws(() => stage.acceptor('n1').heldOf(at), { code: 'rebuilding' });
  cluster.network.heal();
  await cluster.clock.advance(30_000);
  t.notOk(stage.rebuilds('n1'));
  const acceptor = stage.acceptor('n1');
  t.strictSame(acceptor.promised(at.partition), second, 'the highest promise, of n3');
  t.match(acceptor.heldOf(at).acceptance, { id: { ballot: first, seq: 1 }, isCopied: true });
  t.strictSame(acceptor.heldOf(other).mark, { ballot: first, seq: 2 }, 'the mark of n3');
  t.equal(acceptor.heldOf(other).record?.versions.length, 1);
  const old = await stage.tell('n1', { is: 'prepare', ballot: first, from: '' });
  t.match(old, { is: 'refused', promised: second }, 'what it promised before its loss holds');
});

t.test('marks of before a loss go: the records for which they speak may be lost', async (t) => {
  // The collection would settle what is marked here.
  const stage = await stageFor(t, { collectIntervalMilliseconds: 1e9 });
  const { cluster, at, other } = stage;
  await stage.learn('n1', at, stateOf(1));
  await stage.learn('n1', other, stateOf(2));
  await stage.learn('n3', other, stateOf(2));
  cluster.node('n1').disk.health.damage(at.partition, 'test');
  await cluster.clock.advance(30_000);
  t.notOk(stage.rebuilds('n1'));
  t.equal(stage.acceptor('n1').heldOf(at).mark, undefined, 'nobody else has it');
  t.strictSame(stage.acceptor('n1').heldOf(other).mark, { ballot: first, seq: 2 }, 'of n3');
});

t.test('what a peer sends of another partition is refused', async (t) => {
  const stage = await stageFor(t);
  const { cluster, at } = stage;
  await stage.accept('n2', at, stateOf(1));
  cluster.network.gate = (_, __, message) => {
    const [, , body] = message as [number, number, { proposals?: unknown[][] }];
    const [first] = Array.isArray(body?.proposals) ? body.proposals : [];
    if (first !== undefined) first[1] = 'strange';
    return true;
  };
  cluster.node('n1').disk.health.damage(at.partition, 'test');
  await cluster.clock.advance(20_000);
  t.ok(stage.rebuilds('n1'));
  t.strictSame(cluster.node('n1').disk.store.get(proposalKey('acceptance', at)), undefined);
});

t.test(
  'the dead of a key stay while a proposal of it is open here, and it is settled',
  async (t) => {
    for (const open of ['acceptance', 'mark'] as const) {
      const stage = await stageFor(t);
      const { cluster, at } = stage;
      const change = { dryRun: false, by: 'test', ifMatch: undefined };
      const { settings } = cluster.node('n1');
      await cluster.wait(settings.change({ tombstone_retention_s: 0 }, change));
      const dead = stateOf(1, 'tombstone');
      for (const id of cluster.ids)
        await stage.learn(id, at, dead, open === 'acceptance' || id !== 'n1');
      if (open === 'acceptance') await stage.accept('n1', at, { ...dead, versions: [] });
      const isThere = (id: NodeId): boolean => cluster.node(id).replica.read(at) !== undefined;
      await cluster.clock.advance(120_000);
      const blocked = 'quorate_collection_blocked_total proposal not settled';
      t.ok(cluster.observers.get('n1')?.counts.get(blocked));
      t.notOk(stage.acceptor('n1').isOpen(at), `nobody else asks: ${open}`);
      t.strictSame(cluster.ids.filter(isThere), [], open);
    }
  },
);

t.test('a state that only covers what was collected goes as well', async (t) => {
  const stage = await stageFor(t);
  const { cluster, at } = stage;
  const change = { dryRun: false, by: 'test', ifMatch: undefined };
  const { settings } = cluster.node('n1');
  await cluster.wait(settings.change({ tombstone_retention_s: 0 }, change));
  const dead = stateOf(1, 'tombstone');
  for (const id of cluster.ids) await stage.learn(id, at, dead, true);
  const isThere = (id: NodeId): boolean => cluster.node(id).replica.read(at) !== undefined;
  await cluster.clock.advance(60_000);
  t.strictSame(cluster.ids.filter(isThere), []);
  // A read of the key was decided on a record that one owner had collected, and another had not.
  for (const id of cluster.ids) await stage.learn(id, at, { ...dead, versions: [] }, true);
  t.strictSame(cluster.ids.filter(isThere), cluster.ids);
  await cluster.clock.advance(60_000);
  t.strictSame(cluster.ids.filter(isThere), []);
});

t.test('of a key of which nobody holds anything no state leaves a record', async (t) => {
  const { cluster, at } = await stageFor(t);
  const { replica } = cluster.node('n1');
  await cluster.wait(replica.merge(at, encodeRecord(at, NO_SIBLINGS), 'sync'));
  t.equal(replica.read(at), undefined);
});

t.test('nothing is stored of a partition without strong operations', async (t) => {
  const stage = await stageFor(t);
  stage.cluster.node('n1').disk.health.damage(stage.at.partition, 'test');
  await stage.cluster.clock.advance(20_000);
  t.notOk(stage.rebuilds('n1'));
  t.strictSame(stage.acceptor('n1').promised(stage.at.partition), NO_BALLOT);
  const entries = await stage.cluster.disks.get('n1')?.range({ from: 'p', before: 'r', limit: 9 });
  t.strictSame(entries, []);
});
