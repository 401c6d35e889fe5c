/** Expiry over a cluster: the same verdict on every replica, whatever their clocks say. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';

const HOUR = 3_600_000;

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

function storedOn(cluster: LocalCluster, id: string, key: string): string | undefined {
  return cluster.node(id).replica.read(recordKey('default', key, 16))?.fingerprint;
}

/** What the replicas hold of a key, each state once. */
function statesOf(cluster: LocalCluster, key: string): string[] {
  return [...new Set(cluster.ids.map((id) => storedOn(cluster, id, key) ?? ''))];
}

t.test('with clocks an hour apart all replicas come to the same stub', async (t) => {
  const cluster = await clusterFor(t);
  const soon = Array.from({ length: 20 }, (_, i) => `soon ${i}`);
  const later = Array.from({ length: 20 }, (_, i) => `later ${i}`);
  cluster.skews.set('n1', -HOUR);
  cluster.skews.set('n3', HOUR);
  await cluster.clock.advance(1_000);
  const put = (key: string, i: number, ttlSeconds: number) =>
    cluster.putFor(`n${1 + (i % 3)}`, key, ttlSeconds, { level: 'all' });
  for (const [i, key] of soon.entries()) await put(key, i, 20);
  for (const [i, key] of later.entries()) await put(key, i, 2 * 3_600);
  const before = new Map(soon.map((key) => [key, statesOf(cluster, key)]));
  await cluster.clock.advance(15_000);
  for (const key of [...soon, ...later]) {
    t.match(statesOf(cluster, key), [/;$/], 'nobody has judged it too early');
  }
  t.strictSame(await cluster.texts('n3', 'soon 0', { level: 'one' }), ['for 20']);
  await cluster.clock.advance(10_000);
  t.strictSame(await cluster.texts('n2', 'soon 0'), [], 'not read any more');
  await cluster.clock.advance(180_000);
  for (const key of soon) {
    const [value] = before.get(key) ?? [];
    t.strictSame(statesOf(cluster, key), [value?.replace(';', '!')], 'a stub under the same dot');
  }
  for (const key of later) t.match(statesOf(cluster, key), [/;$/], 'an hour is not two');
  for (const id of cluster.ids) {
    t.strictSame(await cluster.texts(id, 'soon 1', { level: 'one' }), [], `read by ${id}`);
  }
});

t.test('a clock that jumps while values end judges none of them', async (t) => {
  const cluster = await clusterFor(t);
  for (let i = 0; i < 10; i += 1) await cluster.putFor('n1', `k${i}`, 600, { level: 'all' });
  cluster.skews.set('n2', HOUR);
  await cluster.clock.advance(30_000);
  for (let i = 0; i < 10; i += 1) t.match(statesOf(cluster, `k${i}`), [/;$/]);
  cluster.skews.delete('n2');
  await cluster.clock.advance(570_000);
  await cluster.clock.advance(120_000);
  for (let i = 0; i < 10; i += 1) t.match(statesOf(cluster, `k${i}`), [/!$/]);
});

t.test('what one owner has judged and another has not yet is no difference', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n1');
  const { limits } = cluster.optionsOf('n1');
  await cluster.start('n1', { limits: { ...limits, reapIntervalMilliseconds: 3_600_000 } });
  await cluster.clock.advance(2_000);
  for (let i = 0; i < 30; i += 1) await cluster.putFor('n1', `k${i}`, 5, { level: 'all' });
  await cluster.clock.advance(110_000);
  t.match(statesOf(cluster, 'k0'), [/!$/]);
  const counted = cluster.ids.flatMap((id) => [
    ...(cluster.observers.get(id)?.counts.keys() ?? []),
  ]);
  t.ok(counted.some((name) => name === 'quorate_exchanges_total different'));
  t.notOk(counted.some((name) => name.startsWith('quorate_tree_differences_total')));
});
