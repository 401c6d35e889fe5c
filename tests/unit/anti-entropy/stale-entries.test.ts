/** Index entries that lost records have left: they do not count, nor stand for what comes later. */
import t, { type Test } from 'tap';
import { Scrub } from '../../../lib/anti-entropy/scrub.js';
import { PREFIX, rangeOf, recordKey } from '../../../lib/persistence/keyspace.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { LocalCluster } from '../local-cluster.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const at = recordKey('default', 'k', PARTITIONS);

type OpenedDisk = Awaited<ReturnType<typeof openDisk>>;

async function entriesOf({ store }: OpenedDisk): Promise<number> {
  return (await store.range({ ...rangeOf(PREFIX.collectable), limit: 10 })).length;
}

async function correct(disk: OpenedDisk): Promise<void> {
  const scrub = new Scrub(disk);
  await scrub.correct(at.partition);
  await scrub.dropStaleEntries(new Set([at.partition]));
}

t.test('a tombstone that rotted, of a key that was written again', async (t) => {
  const [peer, disk] = [await openDisk({ node: 'n2', seed: 7 }), await openDisk()];
  const tombstone = { change: { state: 'tombstone' } } as const;
  await disk.replica.mint(at, intentOf('1'), 'sync', nothingElse).committed;
  const deleted = disk.replica.mint(at, intentOf('', tombstone), 'sync', nothingElse);
  await deleted.committed;
  await peer.replica.merge(at, deleted.value.bytes, 'sync');
  await disk.tombstones.countStored(disk.store);
  t.equal(disk.tombstones.count, 1);
  const rotten = { type: 'put', key: at.storageKey, value: new Uint8Array(30) } as const;
  await disk.storage.write([rotten], { sync: true });
  disk.table.forgetCached(at);
  await peer.clock.advance(1000);
  const again = peer.replica.mint(at, intentOf('2'), 'sync', nothingElse);
  await again.committed;
  await disk.replica.merge(at, again.value.bytes, 'sync');
  await correct(disk);
  t.equal(disk.tombstones.count, 0);
  t.equal(await entriesOf(disk), 0);
});

t.test('a record in conflict that is lost, and comes again', async (t) => {
  const disk = await openDisk();
  const apart = { ...intentOf('1'), seen: NOTHING_SEEN };
  for (let i = 0; i < 2; i += 1) await disk.replica.mint(at, apart, 'sync', nothingElse).committed;
  const bytes = disk.table.read(at)?.bytes ?? new Uint8Array();
  await disk.conflicts.countStored(disk.store);
  for (let losses = 0; losses < 3; losses += 1) {
    await disk.storage.write([{ type: 'delete', key: at.storageKey }], { sync: true });
    disk.health.damage(at.partition, 'count');
    await correct(disk);
    await disk.replica.merge(at, bytes, 'sync');
    t.equal(disk.conflicts.count, 1, `after ${losses + 1}`);
  }
});

async function retained(t: Test, left: 'nothing' | 'a rotten record' | 'its entry') {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const key = cluster.keyOwnedBy(cluster.ids);
  const place = recordKey('default', key, 16);
  const change = { ifMatch: undefined, dryRun: false, by: 'test' };
  const rules = { tombstone_retention_s: 1000, versions_kept: 5 };
  await cluster.wait(cluster.node('n1').settings.change(rules, change));
  const gone = { change: { state: 'tombstone' }, level: 'all' } as const;
  await cluster.put('n1', key, 'old', { level: 'all' });
  await cluster.put('n1', key, '', gone);
  await cluster.clock.advance(60_000);
  const { store } = cluster.node('n3').disk;
  const [old] = await store.range({ ...rangeOf(PREFIX.collectable), limit: 1 });
  if (left === 'a rotten record') {
    const rotten = { type: 'put', key: place.storageKey, value: new Uint8Array(40) } as const;
    await cluster.disks.get('n3')?.write([rotten], { sync: true });
    cluster.node('n3').disk.table.forgetCached(place);
  }
  await cluster.put('n1', key, 'precious', { level: 'quorum' });
  await cluster.clock.advance(2_000_000);
  await cluster.put('n1', key, '', gone);
  // As an earlier build has left it.
  if (left === 'its entry' && old !== undefined) {
    await cluster.disks.get('n3')?.write([{ type: 'put', key: old[0], value: old[1] }], {
      sync: true,
    });
  }
  await cluster.clock.advance(30_000);
  return cluster.ids.map((id) => {
    const { versions, table } = cluster.node(id).disk;
    return [table.read(place)?.live, versions.list(place).length] as const;
  });
}

t.test('a delete is kept for its retention, whatever an older one has left', async (t) => {
  const sound = await retained(t, 'nothing');
  for (const [isLive, versions] of sound) t.ok(isLive === false && versions > 0);
  t.strictSame(await retained(t, 'a rotten record'), sound);
  t.strictSame(await retained(t, 'its entry'), sound);
});
