/** A record of another build that is met after the start: refused, reported, and left as it is. */
import t from 'tap';
import { Scrub } from '../../../lib/anti-entropy/scrub.js';
import { STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import { hintKey, PREFIX, type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { Reaper } from '../../../lib/replica/reaper.js';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { expiryClockOf, SeededRandom } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { asOfFormat } from './other-format.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

const at = recordKey('default', 'k', PARTITIONS);
const UNKNOWN = { code: 'unknown_format' };
const REPORTED = 'stored by another version of quorate: left as it is';

/** As a newer build would have written what lies under a stored key. */
async function asOfNewer({ storage, table }: Disk, key: string, of: RecordKey) {
  const stored = storage.get(key);
  if (stored === undefined) throw new Error('nothing is stored there');
  const value = asOfFormat(key, stored, STORED_FORMAT + 1);
  await storage.write([{ type: 'put', key, value }], { sync: true });
  table.forgetCached(of);
  return value;
}

t.test('no read, copy, scrub or repair touches it, and nothing calls it damage', async (t) => {
  const disk = await openDisk();
  const { replica, health, endings, observer, storage } = disk;
  const apart = { ...intentOf('1'), seen: NOTHING_SEEN };
  const copy = replica.mint(at, apart, 'sync', nothingElse).value.bytes;
  replica.mint(at, apart, 'sync', nothingElse);
  await disk.store.sync();
  await asOfNewer(disk, at.storageKey, at);
  const everything = { from: '', before: '~', limit: 1000 };
  const ofTheKey = async () =>
    (await storage.range(everything)).filter(([key]) => key.includes('default'));
  const before = await ofTheKey();
  t.ok(before.length > 1, 'the record, and its entry in the index');
  const untouched = async (what: string): Promise<void> => {
    await disk.store.sync();
    t.strictSame(await ofTheKey(), before, what);
  };
  t.throws(() => replica.read(at), UNKNOWN);
  t.throws(() => replica.mint(at, intentOf('2'), 'sync', nothingElse), UNKNOWN);
  t.throws(() => endings.drop(at, []), UNKNOWN);
  await untouched('requests');
  await t.rejects(replica.merge(at, copy, 'sync'), UNKNOWN);
  await t.rejects(replica.mergeAndVouch(at, copy, 'sync'), UNKNOWN);
  await untouched('copies that come for the key');
  const scrub = new Scrub(disk);
  await t.rejects(scrub.verify(at.partition), UNKNOWN);
  await t.rejects(scrub.correct(at.partition), UNKNOWN);
  await untouched('the scrub, and what begins a rebuild');
  t.notOk(health.isRebuilding(at.partition));
  health.damage(at.partition, 'test');
  await t.rejects(replica.merge(at, copy, 'sync'), UNKNOWN);
  await t.rejects(scrub.correct(at.partition), UNKNOWN);
  await untouched('a rebuild of its partition');
  t.equal(observer.counts.get('quorate_corrupt_records_total'), undefined);
  t.equal(observer.events.filter((event) => event === REPORTED).length, 1);
  t.ok((observer.counts.get('quorate_unknown_formats_total') ?? 0) > 1);
});

t.test('a copy of an unknown format is refused, and is no damage', async (t) => {
  const disk = await openDisk();
  const { bytes } = disk.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  const newer = asOfFormat(at.storageKey, bytes, STORED_FORMAT + 1);
  await t.rejects(disk.replica.merge(at, newer, 'sync'), UNKNOWN);
  t.equal(disk.observer.counts.get('quorate_corrupt_records_total'), undefined);
  t.strictSame(disk.replica.read(at)?.bytes, bytes);
});

t.test('it does not keep others from their end', async (t) => {
  const disk = await openDisk();
  const keys = ['a', 'b'].map((name) => recordKey('default', name, PARTITIONS));
  for (const key of keys) {
    const intent = intentOf('1');
    const change = { ...intent.change, ttlSeconds: 1 } as typeof intent.change;
    await disk.replica.mint(key, { ...intent, change }, 'sync', nothingElse).committed;
    await disk.clock.advance(1);
  }
  const [first, second] = keys as [RecordKey, RecordKey];
  const bytes = await asOfNewer(disk, first.storageKey, first);
  await disk.clock.advance(10_000);
  const reaper = new Reaper({
    ...{ ...disk, expiryClock: expiryClockOf(disk.clock), random: new SeededRandom(1) },
    foreground: new ForegroundLoad(),
    limits: { reapIntervalMilliseconds: 1000, reapKeysMax: 100 },
  });
  await reaper.run();
  t.equal(disk.replica.read(second)?.live, false);
  t.strictSame(disk.storage.get(first.storageKey), bytes);
});

t.test('a list beside a record is left as it is, and fails no write', async (t) => {
  const disk = await openDisk();
  disk.versions.follow(() => ({ count: 10, seconds: 0 }));
  const write = (text: string) => disk.replica.mint(at, intentOf(text), 'sync', nothingElse);
  write('1');
  await write('2').committed;
  const all = await disk.storage.range({ from: '', before: '~', limit: 1000 });
  const list = all.map(([key]) => key).find((key) => key.startsWith(PREFIX.versionList)) ?? '';
  const bytes = await asOfNewer(disk, list, at);
  await write('3').committed;
  t.strictSame(disk.storage.get(list), bytes);
  t.throws(() => disk.versions.list(at), UNKNOWN);
  await disk.versions.sweep();
  t.strictSame(disk.storage.get(list), bytes);
  t.ok(disk.observer.events.includes(REPORTED));
  await new Scrub(disk).verify(at.partition);
  t.notOk(disk.health.isRebuilding(at.partition), 'the digests count what was written');
});

t.test('a hint is left as it is, and those behind it are delivered', async (t) => {
  const disk = await openDisk();
  const { hints, storage, observer } = disk;
  const other = await openDisk({ node: 'n2' });
  const keys = ['a', 'b', 'c'].map((name) => recordKey('default', name, PARTITIONS));
  for (const key of keys) {
    const { bytes } = other.replica.mint(key, intentOf(key.key), 'sync', nothingElse).value;
    await hints.hold('n3', key, bytes, 'sync').committed;
  }
  const all = await hints.page('n3', '', 10);
  const [first, second, third] = all.hints.map(({ at: of }) => of) as [RecordKey, ...RecordKey[]];
  const bytes = await asOfNewer(disk, hintKey('n3', first), first);
  const rest = [second?.key, third?.key];
  for (const limit of [1, 10]) {
    const found: string[] = [];
    for (let from: string | undefined = ''; from !== undefined; ) {
      const page: Awaited<ReturnType<typeof hints.page>> = await hints.page('n3', from, limit);
      found.push(...page.hints.map(({ at: of }) => of.key));
      from = page.next;
    }
    t.strictSame(found, rest, `in pages of ${limit}`);
  }
  const aged = await hints.aged('n3', '', Number.POSITIVE_INFINITY, 10);
  t.strictSame(aged.hints.map(({ at: of }) => of.key).sort(), rest.toSorted());
  const { bytes: again } = other.replica.mint(first, intentOf('x'), 'sync', nothingElse).value;
  t.throws(() => hints.hold('n3', first, again, 'sync'), UNKNOWN, 'it cannot be merged with it');
  t.strictSame(storage.get(hintKey('n3', first)), bytes);
  t.equal(observer.events.filter((event) => event === REPORTED).length, 1);
  t.equal(observer.counts.get('quorate_corrupt_records_total'), undefined);
});

t.test('a hint fails no write of a primary, and is not counted as held for it', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.crash('n3');
  await cluster.put('n1', 'k', '1');
  const storage = cluster.disks.get('n1');
  const key = hintKey('n3', recordKey('default', 'k', 16));
  const stored = storage?.get(key);
  if (storage === undefined || stored === undefined) throw new Error('n1 holds it for n3');
  const value = asOfFormat(key, stored, STORED_FORMAT + 1);
  await storage.write([{ type: 'put', key, value }], { sync: true });
  const before = cluster.node('n1').hints.held.get('n3');
  const { receipt } = await cluster.put('n1', 'k', '2');
  t.strictSame([receipt.answered, receipt.standIns], [2, 0]);
  t.strictSame(storage.get(key), value);
  t.strictSame(cluster.node('n1').hints.held.get('n3'), before);
  t.ok(cluster.observers.get('n1')?.events.includes(REPORTED));
});
