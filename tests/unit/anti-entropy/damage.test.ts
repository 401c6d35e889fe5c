/** A damaged partition: it vouches for nothing, is rebuilt from all, and spreads nothing. */
import t, { type Test } from 'tap';
import { Exchange } from '../../../lib/anti-entropy/exchange.js';
import { Questions } from '../../../lib/anti-entropy/questions.js';
import { Ownership } from '../../../lib/partitioning/ownership.js';
import { foundRing } from '../../../lib/partitioning/ring-founding.js';
import { historyOf } from '../../../lib/partitioning/ring-history.js';
import type { ClusterView } from '../../../lib/replication/cluster-view.js';
import type { Lag } from '../../../lib/replication/lag.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { MerkleTrees } from '../../../lib/anti-entropy/merkle-tree.js';
import { Scrub } from '../../../lib/anti-entropy/scrub.js';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import { Pauses } from '../../../lib/environment/pauses.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import { conflictPage } from '../../../lib/persistence/conflict-index.js';
import { keyPage } from '../../../lib/persistence/key-index.js';
import { PartitionClocks } from '../../../lib/replica/partition-clocks.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { LocalCluster } from '../local-cluster.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const at = recordKey('default', 'k', PARTITIONS);
const DAMAGED = 'quorate_damaged_partitions_total';

t.test('damage takes the clock, on the disk too, and the writer', async (t) => {
  const disk = await openDisk();
  const { replica, clocks, health, minter, storage } = disk;
  const { value, committed } = replica.mint(at, intentOf('1'), 'sync', nothingElse);
  await committed;
  t.notOk(clocks.persisted(at.partition).has(value.dot), 'not on the disk yet');
  await clocks.persist();
  const [bytes, writer] = [value.bytes, minter.next(at.partition).writer];
  const generation = clocks.generation(at.partition);
  t.ok(clocks.persisted(at.partition).has(value.dot));
  health.damage(at.partition, 'test');
  t.not(minter.next(at.partition).writer, writer, 'a fresh writer');
  t.not(clocks.generation(at.partition), generation);
  t.notOk(clocks.of(at.partition).has(value.dot));
  t.notOk(clocks.persisted(at.partition).has(value.dot));
  await disk.store.sync();
  const again = await PartitionClocks.open(disk.store);
  t.notOk(again.of(at.partition).has(value.dot), 'nor after a restart');
  t.throws(() => replica.read(at), { code: 'rebuilding' });
  t.throws(() => replica.mint(at, intentOf('2'), 'sync', nothingElse), { code: 'rebuilding' });
  await replica.merge(at, bytes, 'sync');
  await t.rejects(replica.mergeAndVouch(at, bytes, 'sync'), { code: 'rebuilding' });
  const restarted = await openDisk({ storage: await storage.afterCrash() });
  t.ok(restarted.health.isRebuilding(at.partition), 'a restart goes on with it');
  await health.rebuilt(at.partition);
  t.ok(replica.read(at));
});

t.test('what a peer answered before the damage counts for nothing after it', async (t) => {
  const disk = await openDisk();
  const { clocks, health, digests, minter } = disk;
  const dot = minter.next(at.partition);
  const page = {
    ...{ records: [], next: null, generation: '1.0' },
    snapshot: [[dot.writer, dot.n, []]],
  };
  const request = async (): Promise<unknown> => {
    if (damages) health.damage(at.partition, 'test');
    return page;
  };
  let damages = true;
  const messenger = { request } as unknown as Messenger;
  const ring = foundRing({
    ...{ cluster: 'test', partitionCount: PARTITIONS, replicaCount: 1 },
    members: [{ id: 'n1', zone: 'z', weight: 1 }],
  });
  const exchange = new Exchange({
    ...disk,
    ownership: new Ownership('n1', () => historyOf(ring)),
    questions: new Questions({ messenger, clock: disk.clock, backgroundTimeoutMilliseconds: 1000 }),
    trees: new MerkleTrees(digests),
    pauses: new Pauses({ clock: disk.clock, foreground: new ForegroundLoad() }),
    view: { self: 'n1' } as ClusterView,
    lag: { isBehind: () => false } as unknown as Lag,
    confirmMilliseconds: 0,
  });
  const overtaken = t.rejects(exchange.pull('n2', at.partition, []), { code: 'not_ready' });
  await disk.clock.advance(1);
  await overtaken;
  t.notOk(clocks.of(at.partition).has(dot));
  damages = false;
  const pulled = exchange.pull('n2', at.partition, []);
  await disk.clock.advance(1);
  await pulled;
  t.ok(clocks.of(at.partition).has(dot));
});

t.test(
  'a record that was lost is not listed for ever, neither as there nor as in conflict',
  async (t) => {
    const disk = await openDisk();
    const apart = { ...intentOf('1'), seen: NOTHING_SEEN };
    for (let i = 0; i < 2; i += 1) disk.replica.mint(at, apart, 'sync', nothingElse);
    await disk.store.sync();
    const other = recordKey('default', 'another', PARTITIONS);
    disk.replica.mint(other, intentOf('stays'), 'sync', nothingElse);
    await disk.store.sync();
    const listed = async (): Promise<string[]> => {
      const page = await keyPage(disk.store, { namespace: 'default', prefix: '', after: '' }, 10);
      return page.map(({ key }) => key).sort();
    };
    t.equal((await conflictPage(disk.store, '', 10)).length, 1);
    t.strictSame(await listed(), [at.key, other.key].sort());
    await disk.storage.write([{ type: 'delete', key: at.storageKey }], { sync: true });
    const scrub = new Scrub(disk);
    await scrub.correct(at.partition);
    await scrub.dropStaleEntries(new Set([at.partition, other.partition]));
    t.strictSame(await conflictPage(disk.store, '', 10), []);
    t.strictSame(await listed(), [other.key]);
  },
);

interface Stage {
  readonly cluster: LocalCluster;
  readonly at: RecordKey;
  readonly rebuilds: (id: NodeId) => boolean;
  /** Takes the record from a node's disk, behind its back. */
  readonly vanish: (id: NodeId) => Promise<void>;
}

async function stageFor(t: Test): Promise<Stage> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const key = cluster.keyOwnedBy(cluster.ids);
  const place = recordKey('default', key, 16);
  await cluster.put('n1', key, 'value', { level: 'all' });
  return {
    cluster,
    at: place,
    rebuilds: (id) => cluster.node(id).disk.health.isRebuilding(place.partition),
    vanish: async (id) => {
      const { store, table } = cluster.node(id).disk;
      await cluster.wait(store.sync());
      const operations = [{ type: 'delete', key: place.storageKey }] as const;
      await cluster.disks.get(id)?.write(operations, { sync: true });
      table.forgetCached(place);
    },
  };
}

function dotOf(cluster: LocalCluster, id: string, at: RecordKey): Dot {
  const [version] = cluster.node(id).replica.read(at)?.siblings.versions ?? [];
  if (version === undefined) throw new Error(`${id} does not hold ${at.key}`);
  return version.dot;
}

t.test('a rebuild takes everything from every other owner', async (t) => {
  const { cluster, at, rebuilds, vanish } = await stageFor(t);
  await vanish('n1');
  cluster.network.cut('n1', 'n3');
  cluster.node('n1').disk.health.damage(at.partition, 'test');
  await cluster.clock.advance(60_000);
  t.ok(rebuilds('n1'), 'one owner does not know, and has not been asked');
  t.ok(cluster.node('n1').disk.table.read(at)?.live, 'a copy more in the meantime');
  await t.rejects(cluster.get('n1', at.key, { level: 'all', timeoutMilliseconds: 500 }));
  cluster.network.heal();
  await cluster.clock.advance(20_000);
  t.notOk(rebuilds('n1'));
  t.strictSame(await cluster.texts('n1', at.key, { level: 'all' }), ['value']);
  const hashes = cluster.ids.map((id) => cluster.node(id).disk.clocks.hashOf(at.partition));
  t.equal(new Set(hashes).size, 1, 'and its clock is theirs');
});

t.test(
  'what is lost again during a rebuild is no part of it, though it is remembered',
  async (t) => {
    const { cluster, at, rebuilds } = await stageFor(t);
    cluster.network.cut('n1', 'n3');
    const { disk } = cluster.node('n1');
    disk.health.damage(at.partition, 'test');
    await cluster.clock.advance(60_000);
    t.ok(rebuilds('n1'), 'it waits for one owner, and has copied from the other');
    await cluster.wait(disk.store.sync());
    const gone = [{ type: 'delete', key: at.storageKey }] as const;
    await cluster.disks.get('n1')?.write(gone, { sync: true });
    t.ok(disk.table.read(at), 'it is remembered');
    cluster.network.heal();
    const isThere = (): boolean => cluster.disks.get('n1')?.get(at.storageKey) !== undefined;
    for (let waited = 0; rebuilds('n1') && waited < 4_000; waited += 1) {
      await cluster.clock.advance(10);
    }
    t.notOk(rebuilds('n1'));
    t.ok(isThere(), 'what it vouches for is on its disk');
  },
);

t.test('a rebuilt partition and its clock are on the disk together', async (t) => {
  const limits = { clockPersistIntervalMilliseconds: 3_600_000 };
  const cluster = await LocalCluster.of({ limits });
  t.teardown(() => cluster.stop());
  const at = recordKey('default', cluster.keyOwnedBy(cluster.ids), 16);
  await cluster.put('n1', at.key, 'value', { level: 'all' });
  const dot = dotOf(cluster, 'n1', at);
  cluster.node('n1').disk.health.damage(at.partition, 'test');
  const rebuilds = (): boolean => cluster.node('n1').disk.health.isRebuilding(at.partition);
  for (let waited = 0; rebuilds() && waited < 2_000; waited += 1) await cluster.clock.advance(10);
  await cluster.wait(cluster.node('n1').disk.store.sync());
  await cluster.crash('n1');
  await cluster.start('n1');
  t.notOk(rebuilds());
  t.ok(
    cluster.node('n1').disk.clocks.of(at.partition).has(dot),
    'others may have collected what it vouched for, and a late hint would bring it back',
  );
});

t.test('also what the clocks of the owners have forgotten in a crash', async (t) => {
  const { cluster, at, rebuilds, vanish } = await stageFor(t);
  await vanish('n1');
  for (const id of ['n2', 'n3']) {
    // The record is on the disk, and the clock never was.
    const { store } = cluster.node(id).disk;
    const { committed } = store.transact((transaction) => {
      cluster.node(id).disk.clocks.forget(at.partition, transaction);
    });
    await committed;
    await cluster.crash(id);
    await cluster.start(id);
    t.notOk(
      cluster
        .node(id)
        .disk.clocks.of(at.partition)
        .has(dotOf(cluster, id, at)),
      id,
    );
  }
  cluster.node('n1').disk.health.damage(at.partition, 'test');
  for (let waited = 0; rebuilds('n1') && waited < 2_000; waited += 1) {
    await cluster.clock.advance(10);
  }
  t.notOk(rebuilds('n1'));
  t.ok(cluster.node('n1').replica.read(at)?.live, 'at once: audits would bring it later');
});

/** Deleted everywhere, and two owners have forgotten that already. */
async function deleteAt(cluster: LocalCluster, at: RecordKey): Promise<void> {
  const change = { state: 'tombstone' } as const;
  await cluster.put('n1', at.key, '', { level: 'all', change });
  for (const id of ['n2', 'n3']) {
    const { endings, table } = cluster.node(id).disk;
    const { value, committed } = endings.collect(at, table.read(at)?.fingerprint ?? '');
    if (!value) throw new Error(`${id} has not collected the tombstone`);
    await cluster.wait(committed);
  }
}

t.test('a record that rots while its partition is rebuilt keeps nobody from the end', async (t) => {
  const { cluster, at, rebuilds } = await stageFor(t);
  await deleteAt(cluster, at);
  cluster.network.cut('n1', 'n3');
  const { health, table } = cluster.node('n1').disk;
  health.damage(at.partition, 'test');
  await cluster.clock.advance(20_000);
  t.ok(rebuilds('n1'), 'one owner has not been asked');
  await cluster.spoil('n1', at.storageKey);
  table.forgetCached(at);
  cluster.network.heal();
  await cluster.clock.advance(30_000);
  t.notOk(rebuilds('n1'));
  t.strictSame(await cluster.texts('n1', at.key, { level: 'all' }), []);
  t.equal(table.read(at), undefined, 'what could not be read is gone');
});

t.test('what came back while nothing was known goes at the end of the rebuild', async (t) => {
  const { cluster, at, rebuilds, vanish } = await stageFor(t);
  const late = cluster.node('n1').replica.read(at)?.bytes ?? Buffer.alloc(0);
  await deleteAt(cluster, at);
  await vanish('n1');
  cluster.network.cut('n1', 'n2');
  cluster.network.cut('n1', 'n3');
  const { health, table } = cluster.node('n1').disk;
  health.damage(at.partition, 'test');
  await cluster.wait(cluster.node('n1').replica.merge(at, late, 'sync'));
  t.ok(table.read(at)?.live, 'a late hint');
  cluster.network.heal();
  await cluster.clock.advance(20_000);
  t.notOk(rebuilds('n1'));
  t.strictSame(await cluster.texts('n1', at.key, { level: 'all' }), [], 'stays deleted');
  t.equal(cluster.observers.get('n1')?.counts.get('quorate_purged_versions_total'), 1);
});

t.test('what comes late behind the last look at a rebuilt partition stays away', async (t) => {
  const { cluster, at, rebuilds, vanish } = await stageFor(t);
  const { replica, disk } = cluster.node('n1');
  const late = replica.read(at)?.bytes ?? Buffer.alloc(0);
  await deleteAt(cluster, at);
  await vanish('n1');
  const { health, table } = disk;
  const rebuilt = health.rebuilt.bind(health);
  health.rebuilt = async (partition) => {
    await replica.merge(at, late, 'sync');
    await rebuilt(partition);
  };
  health.damage(at.partition, 'test');
  await cluster.clock.advance(20_000);
  t.notOk(rebuilds('n1'));
  t.notOk(table.read(at)?.live);
  t.strictSame(await cluster.texts('n1', at.key, { level: 'all' }), [], 'stays deleted');
});

t.test('who gives its clock away counts first what stands behind it', async (t) => {
  const { cluster, at, rebuilds, vanish } = await stageFor(t);
  await vanish('n2');
  t.notOk(rebuilds('n2'), 'it has not noticed');
  cluster.node('n1').disk.health.damage(at.partition, 'test');
  await cluster.clock.advance(20_000);
  t.equal(cluster.observers.get('n2')?.counts.get(`${DAMAGED} count`), 1);
  t.notOk(rebuilds('n1') || rebuilds('n2'));
  t.strictSame(await cluster.texts('n2', at.key, { level: 'all' }), ['value']);
});

t.test('who has confirmed the loss and is gone when copying begins is waited for', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.put('n1', 'k', '1', { level: 'all' });
  const { health } = cluster.node('n1').disk;
  let gone: NodeId | undefined;
  cluster.network.gate = (from, to, [, , name]) => {
    if (from === 'n1' && name === 'anti-entropy.pull' && gone === undefined) {
      gone = to === 'n2' ? 'n3' : 'n2';
      cluster.network.cut('n1', gone);
    }
    return true;
  };
  health.damage(at.partition, 'test');
  await cluster.clock.advance(20_000);
  t.ok(gone, 'copying has begun');
  t.ok(health.isRebuilding(at.partition), 'one other owner is not enough');
  cluster.network.heal();
  await cluster.clock.advance(20_000);
  t.notOk(health.isRebuilding(at.partition));
});
