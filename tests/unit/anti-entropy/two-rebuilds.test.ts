/** Owners of one partition whose replicas are damaged at the same time (decision 0051). */
import t, { type Test } from 'tap';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

async function clusterOf(t: Test): Promise<{ cluster: LocalCluster; at: RecordKey }> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const key = cluster.keyOwnedBy(cluster.ids);
  return { cluster, at: recordKey('default', key, 16) };
}

async function collect(cluster: LocalCluster, id: string, at: RecordKey): Promise<void> {
  const { endings, table, store } = cluster.node(id).disk;
  const { committed } = endings.collect(at, table.read(at)?.fingerprint ?? '');
  await cluster.wait(committed ?? Promise.resolve());
  await cluster.wait(store.sync());
}

const rebuilding = (cluster: LocalCluster, { partition }: RecordKey): string[] =>
  cluster.ids.filter((id) => cluster.node(id).disk.health.isRebuilding(partition));

t.test('one lost disk and a read of a deleted key damage no other owner', async (t) => {
  const { cluster, at } = await clusterOf(t);
  await cluster.put('n1', at.key, 'v', { level: 'all' });
  await cluster.put('n1', at.key, '', { level: 'all', change: { state: 'tombstone' } });
  await cluster.clock.advance(5000);
  await collect(cluster, 'n1', at);
  // It remembers no more that it has collected it.
  await cluster.stopCleanly('n1');
  await cluster.restart('n1');
  await cluster.clock.advance(3000);
  cluster.network.gate = (_from, _to, [, , name]) => name !== 'anti-entropy.pull';
  cluster.node('n3').disk.health.damage(at.partition, 'test');
  await cluster.clock.advance(100);
  t.strictSame(await cluster.texts('n1', at.key, { level: 'quorum' }), []);
  t.strictSame(rebuilding(cluster, at), ['n3']);
  await cluster.put('n2', at.key, 'again', { level: 'quorum' });
  cluster.network.gate = () => true;
  await cluster.clock.advance(150_000);
  t.strictSame(rebuilding(cluster, at), []);
  for (const id of cluster.ids) t.strictSame(await cluster.texts(id, at.key), ['again'], id);
});

t.test('what was deleted and collected stays away while two are rebuilt at once', async (t) => {
  for (const [others, hinted] of [
    [[], ['n1']],
    [['n3'], ['n1']],
    [['n3'], ['n1', 'n3']],
  ] as const) {
    const { cluster, at } = await clusterOf(t);
    await cluster.put('n1', at.key, 'v', { level: 'all' });
    const late = cluster.node('n1').replica.read(at)?.bytes ?? new Uint8Array();
    await cluster.put('n1', at.key, '', { level: 'all', change: { state: 'tombstone' } });
    await cluster.clock.advance(5000);
    for (const id of cluster.ids) await collect(cluster, id, at);
    for (const [a, b] of [
      ['n1', 'n2'],
      ['n1', 'n3'],
      ['n2', 'n3'],
    ] as const)
      cluster.network.cut(a, b);
    for (const id of ['n1', ...others]) cluster.node(id).disk.health.damage(at.partition, 'test');
    // A late hint, while it knows nothing.
    for (const id of hinted) {
      await cluster.wait(cluster.node(id).replica.merge(at, late, 'sync'));
    }
    cluster.network.heal();
    await cluster.clock.advance(60_000);
    t.strictSame(rebuilding(cluster, at), []);
    for (const id of cluster.ids)
      t.strictSame(await cluster.texts(id, at.key, { level: 'all' }), [], id);
  }
});

t.test('an owner that is up and refuses keeps nobody from what the others have', async (t) => {
  for (const refused of ['anti-entropy.pull', 'anti-entropy.lost']) {
    const { cluster, at } = await clusterOf(t);
    await cluster.put('n1', at.key, 'v', { level: 'all' });
    await cluster.clock.advance(3000);
    cluster.network.gate = (from, to, [, , name]) =>
      !(name === refused && [from, to].includes('n1') && [from, to].includes('n2'));
    const { health, store, table } = cluster.node('n1').disk;
    await cluster.wait(store.sync());
    await cluster.disks.get('n1')?.write([{ type: 'delete', key: at.storageKey }], { sync: true });
    table.forgetCached(at);
    health.damage(at.partition, 'test');
    await cluster.clock.advance(150_000);
    t.ok(health.isRebuilding(at.partition), 'not all have spoken');
    t.equal(table.read(at)?.siblings.versions.length, 1, `${refused}: a copy of what n3 has`);
  }
});
