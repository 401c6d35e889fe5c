/** The dead are kept for a while, fewer of them where they are too many, and never past safety. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);

function heldOn(cluster: LocalCluster, id: string): number {
  const { replica } = cluster.node(id);
  return keys.filter((key) => replica.read(recordKey('default', key, 16)) !== undefined).length;
}

async function deleteAll(cluster: LocalCluster): Promise<void> {
  for (const key of keys) {
    await cluster.put('n1', key, 'x', { level: 'all' });
    await cluster.put('n2', key, '', { change: { state: 'tombstone' }, level: 'all' });
    await cluster.clock.advance(10);
  }
}

const keepFor = (cluster: LocalCluster, tombstone_retention_s: number) =>
  cluster.wait(
    cluster
      .node('n1')
      .settings.change(
        { tombstone_retention_s },
        { ifMatch: undefined, dryRun: false, by: 'test' },
      ),
  );

t.test('tombstones and stubs stay for the retention of the cluster, then go', async (t) => {
  const cluster = await clusterFor(t);
  await keepFor(cluster, 100);
  await deleteAll(cluster);
  await cluster.putFor('n3', 'k0', 1, { level: 'all' });
  await cluster.clock.advance(80_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), keys.length, 'kept');
  await cluster.clock.advance(80_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 0, 'collected');
  for (const id of cluster.ids) t.strictSame(await cluster.texts(id, 'k0'), [], 'and still dead');
});

t.test('a stub goes once every owner has it on its disk: a crash revives no value', async (t) => {
  const cluster = await clusterFor(t);
  await keepFor(cluster, 1);
  for (const key of keys) await cluster.putFor('n3', key, 1, { level: 'all' });
  const collectors = (): string[] => cluster.ids.filter((id) => heldOn(cluster, id) < keys.length);
  for (let step = 0; step < 1000 && collectors().length === 0; step += 1) {
    await cluster.clock.advance(50);
  }
  const [collector] = collectors();
  t.ok(collector, 'somebody has begun');
  const missing = keys.filter((key) => {
    return cluster.node(collector ?? '').replica.read(recordKey('default', key, 16)) === undefined;
  });
  for (const id of cluster.ids) {
    if (id === collector) continue;
    await cluster.crash(id);
    await cluster.start(id);
    for (const key of missing) {
      const record = cluster.node(id).replica.read(recordKey('default', key, 16));
      t.not(record?.live, true, `${key} on ${id}`);
    }
  }
});

t.test('too many of them do not wait, the oldest first', async (t) => {
  const cluster = await clusterFor(t, { limits: { tombstonesMax: 5 } });
  await deleteAll(cluster);
  await cluster.clock.advance(60_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 5);
  const at = recordKey('default', keys.at(-1) ?? '', 16);
  t.ok(cluster.node('n1').replica.read(at), 'the youngest is among those that stay');
});

t.test('they are counted again after a restart', async (t) => {
  const cluster = await clusterFor(t);
  await deleteAll(cluster);
  await cluster.clock.advance(2_000);
  for (const id of cluster.ids) await cluster.crash(id);
  for (const id of cluster.ids) {
    const { limits } = cluster.optionsOf(id);
    await cluster.start(id, { limits: { ...limits, tombstonesMax: 3 } });
  }
  await cluster.clock.advance(60_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 3);
});

t.test('neither age nor number is a reason while an owner is away', async (t) => {
  const cluster = await clusterFor(t, { limits: { tombstonesMax: 0 } });
  await keepFor(cluster, 0);
  await cluster.put('n1', 'k0', 'x', { level: 'all' });
  await cluster.crash('n3');
  for (const key of keys) await cluster.put('n1', key, '', { change: { state: 'tombstone' } });
  await cluster.clock.advance(100_000);
  for (const id of ['n1', 'n2']) t.equal(heldOn(cluster, id), keys.length);
  const reason = 'quorate_collection_blocked_total owner cannot be asked';
  t.ok((cluster.observers.get('n1')?.counts.get(reason) ?? 0) > 0, 'and the metric says why');
  await cluster.restart('n3');
  await cluster.clock.advance(100_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 0);
  t.strictSame(await cluster.texts('n3', 'k0'), []);
});

t.test('what is kept beside them goes by age, also while an owner is away', async (t) => {
  const cluster = await clusterFor(t);
  const { settings } = cluster.node('n1');
  const how = { ifMatch: undefined, dryRun: false, by: 'test' };
  await cluster.wait(settings.change({ tombstone_retention_s: 100, versions_kept: 2 }, how));
  const at = recordKey('default', 'k0', 16);
  const kept = (id: string): number => cluster.node(id).disk.versions.list(at).length;
  await cluster.put('n1', 'k0', 'x', { level: 'all' });
  await cluster.put('n1', 'k0', 'y', { level: 'all' });
  await cluster.crash('n3');
  await cluster.clock.advance(200_000);
  for (const id of ['n1', 'n2']) t.equal(kept(id), 1, 'a key that is there has its past');
  await cluster.put('n1', 'k0', '', { change: { state: 'tombstone' } });
  await cluster.clock.advance(80_000);
  for (const id of ['n1', 'n2']) t.equal(kept(id), 2, 'time to look at it');
  await cluster.clock.advance(80_000);
  for (const id of ['n1', 'n2']) {
    t.ok(cluster.node(id).replica.read(at), 'the tombstone must stay');
    t.equal(kept(id), 0);
  }
});

t.test('nor while an owner answers that has not seen them on its disk', async (t) => {
  const limits = { tombstonesMax: 0, clockPersistIntervalMilliseconds: 3_600_000 };
  const cluster = await clusterFor(t, { limits });
  await keepFor(cluster, 0);
  await deleteAll(cluster);
  const clocksOf = (id: string) => cluster.node(id).disk.clocks;
  for (const id of ['n1', 'n2']) await cluster.wait(clocksOf(id).persist());
  await cluster.clock.advance(100_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), keys.length, 'n3 may forget them');
  const blocked = 'quorate_collection_blocked_total not seen by all';
  t.ok((cluster.observers.get('n1')?.counts.get(blocked) ?? 0) > 0, 'and the metric says why');
  for (const id of cluster.ids) await cluster.wait(clocksOf(id).persist());
  await cluster.clock.advance(100_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 0);
});

t.test('nor while an owner that answers is under rebuild', async (t) => {
  const cluster = await clusterFor(t, { limits: { tombstonesMax: 0 } });
  await keepFor(cluster, 0);
  await deleteAll(cluster);
  cluster.network.cut('n2', 'n3');
  const { health } = cluster.node('n3').disk;
  for (let partition = 0; partition < 16; partition += 1) health.damage(partition, 'test');
  await cluster.clock.advance(100_000);
  t.equal(heldOn(cluster, 'n1'), keys.length, 'n1 asks both others, and n3 vouches for nothing');
  cluster.network.heal();
  await cluster.clock.advance(100_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 0);
});

const YEAR_MILLISECONDS = 31_536_000_000;

t.test('a clock that is a year ahead collects nothing before its time', async (t) => {
  const cluster = await clusterFor(t);
  await keepFor(cluster, 100);
  await deleteAll(cluster);
  cluster.skews.set('n2', YEAR_MILLISECONDS);
  await cluster.clock.advance(60_000);
  t.equal(heldOn(cluster, 'n2'), keys.length);
});

t.test('what it deletes is dated by the clocks of the others, and goes in time', async (t) => {
  const cluster = await clusterFor(t);
  await keepFor(cluster, 10);
  cluster.skews.set('n2', YEAR_MILLISECONDS);
  await deleteAll(cluster);
  const { siblings } = cluster.node('n1').replica.read(recordKey('default', 'k0', 16)) ?? {};
  const [tombstone] = siblings?.versions ?? [];
  t.equal(tombstone?.state, 'tombstone');
  const ahead = (tombstone?.writtenAt ?? 0) / 1000 - cluster.clock.wallMilliseconds();
  t.ok(ahead < 5000, 'near the median of all');
  cluster.skews.set('n2', 0);
  await cluster.clock.advance(120_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 0);
});

t.test('tombstones from the future do not wait for it', async (t) => {
  const cluster = await clusterFor(t);
  await keepFor(cluster, 10);
  for (const id of cluster.ids) cluster.skews.set(id, YEAR_MILLISECONDS);
  await cluster.clock.advance(2000);
  await deleteAll(cluster);
  for (const id of cluster.ids) cluster.skews.set(id, 0);
  await cluster.clock.advance(120_000);
  for (const id of cluster.ids) t.equal(heldOn(cluster, id), 0);
});

t.test('as many go as end, however small a page is', async (t) => {
  const limits = { collectBatchSize: 5, tombstonesMax: 10 };
  const cluster = await clusterFor(t, { limits });
  await keepFor(cluster, 0);
  for (let round = 0; round < 6; round += 1) {
    for (let i = 0; i < 20; i += 1) {
      await cluster.putFor('n1', `ends ${round} ${i}`, 1, { level: 'all' });
    }
    await cluster.clock.advance(10_000);
  }
  await cluster.clock.advance(30_000);
  for (const id of cluster.ids) t.ok(cluster.node(id).disk.tombstones.count < 20, id);
});
