/** A proposer whose disk loses the last write that it learned: one other owner has accepted it. */
import t, { type Test } from 'tap';
import { proposalKey, type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const STRONG = { level: 'strong' } as const;

interface Stage {
  readonly cluster: LocalCluster;
  readonly at: RecordKey;
  readonly proposer: string;
  /** Has accepted the write, and nothing more. */
  readonly witness: string;
  /** Knows nothing of it. */
  readonly third: string;
}

/**
 * "new" is acknowledged by the proposer and the witness, whose power fails before it learns. Then
 * the record is gone from the disk of the proposer, and it notices.
 */
async function lossOf(t: Test, isMarkLost: boolean): Promise<Stage> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const key = cluster.keyOwnedBy(cluster.ids);
  const at = recordKey('default', key, 16);
  await cluster.put('n1', key, 'old', STRONG);
  await cluster.clock.advance(3000);
  const proposer = cluster.node('n1').disk.acceptor.promised(at.partition).node;
  const [witness = '', third = ''] = cluster.ids.filter((id) => id !== proposer);
  cluster.network.cut(proposer, third);
  await cluster.put(proposer, key, 'new', STRONG);
  await cluster.crash(witness);
  const { store, table, health } = cluster.node(proposer).disk;
  await cluster.wait(store.sync());
  const lost = [at.storageKey, ...(isMarkLost ? [proposalKey('mark', at)] : [])];
  const operations = lost.map((name) => ({ type: 'delete', key: name }) as const);
  await cluster.disks.get(proposer)?.write(operations, { sync: true });
  table.forgetCached(at);
  health.damage(at.partition, 'checksum');
  return { cluster, at, proposer, witness, third };
}

/** All are back, and the rebuild has ended; time goes on in small steps. */
async function rebuilt({ cluster, at, proposer, witness }: Stage): Promise<void> {
  await cluster.restart(witness);
  cluster.network.heal();
  const { health } = cluster.node(proposer).disk;
  for (let i = 0; health.isRebuilding(at.partition) && i < 10_000; i += 1) {
    await cluster.clock.advance(5);
  }
}

t.test('a mark speaks for no record that is lost', async (t) => {
  const stage = await lossOf(t, false);
  const { cluster, at, proposer } = stage;
  // Another life of it: nothing that it knew in memory takes part.
  await cluster.clock.advance(500);
  await cluster.crash(proposer);
  await cluster.start(proposer);
  await rebuilt(stage);
  await cluster.clock.advance(3000);
  for (const id of cluster.ids) t.strictSame(await cluster.texts(id, at.key, STRONG), ['new'], id);
});

t.test('a proposer whose replica was rebuilt answers no read by what it knew before', async (t) => {
  for (const isMarkLost of [true, false]) {
    const stage = await lossOf(t, isMarkLost);
    const { cluster, at, third } = stage;
    await cluster.clock.advance(5000);
    await rebuilt(stage);
    t.strictSame(await cluster.texts(third, at.key, STRONG), ['new']);
  }
});

t.test('nor does it teach what it has lost', async (t) => {
  for (const isMarkLost of [true, false]) {
    const stage = await lossOf(t, isMarkLost);
    const { cluster, at, proposer, witness, third } = stage;
    await cluster.clock.advance(5000);
    await rebuilt(stage);
    await cluster.clock.advance(3000);
    await cluster.crash(proposer);
    await cluster.clock.advance(5000);
    for (const id of [witness, third]) {
      t.strictSame(await cluster.texts(id, at.key, STRONG), ['new'], id);
    }
  }
});

t.test('a ballot of before a loss settles nothing, also while nothing is written', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const { partition } = recordKey('default', 'k', 16);
  await cluster.put('n1', 'k', 'v', STRONG);
  await cluster.clock.advance(3000);
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  const other = cluster.ids.find((id) => id !== proposer) ?? '';
  const settled = () =>
    cluster.observers.get(other)?.counts.get('quorate_strong_reads_total settled');
  await cluster.texts(other, 'k', STRONG);
  const before = settled() ?? 0;
  t.equal(before, 1);
  cluster.node(proposer).disk.health.damage(partition, 'checksum');
  await cluster.clock.advance(3000);
  t.notOk(cluster.node(proposer).disk.health.isRebuilding(partition));
  t.strictSame(await cluster.texts(other, 'k', STRONG), ['v']);
  t.equal(settled(), before, 'a new ballot decides it');
});
