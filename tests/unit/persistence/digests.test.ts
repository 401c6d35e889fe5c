/** Digests say what lies on the disk, whatever was written, and trees differ where sets do. */
import fc from 'fast-check';
import t from 'tap';
import { MerkleTrees } from '../../../lib/anti-entropy/merkle-tree.js';
import { Scrub } from '../../../lib/anti-entropy/scrub.js';
import { countRecords } from '../../../lib/persistence/count-records.js';
import { Digests } from '../../../lib/persistence/digests.js';
import { indexEntriesOf, isPlain } from '../../../lib/persistence/indexes.js';
import { leafOf, LeafSums } from '../../../lib/persistence/leaf-sums.js';
import { encodeRecord } from '../../../lib/persistence/records.js';
import { parseIndexKey, PREFIX, rangeOf, recordKey } from '../../../lib/persistence/keyspace.js';
import { Store } from '../../../lib/persistence/store.js';
import { anySiblings } from '../versioning/arbitraries.js';
import { type Disk, intentOf, nothingElse, openDisk } from './disk.js';

const keys = Array.from({ length: 6 }, (_, i) => recordKey('default', `k${i}`, 1));
const at = (n: number) => keys[n % keys.length] ?? keys[0] ?? recordKey('default', 'k', 1);

const overAll = intentOf('x');

/** As another life of the node finds them. */
function reopened({ storage, observer }: Disk): Promise<Digests> {
  const store = new Store({ storage, observer, queueBytesMax: 1_000_000 });
  return Digests.open(store, observer, { digestLogEntriesMax: 4 });
}

/** What a reader of the whole disk would sum up. */
function naive(disk: Disk): LeafSums {
  const sums = new LeafSums();
  for (const key of keys) {
    const record = disk.table.read(key);
    if (record !== undefined) sums.add(leafOf(key), record, 1);
  }
  return sums;
}

t.test('after any writes, merges and collections they are what the records sum up to', async () => {
  const steps = fc.array(fc.tuple(fc.nat(5), fc.nat(3), anySiblings), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const disk = await openDisk({ partitionCount: 1 });
      for (const [n, what, state] of steps) {
        if (what === 0) disk.replica.mint(at(n), overAll, 'os', nothingElse);
        else if (what === 3) disk.endings.expire(at(n), Number.POSITIVE_INFINITY);
        else if (what === 2) {
          const record = disk.table.read(at(n));
          if (record !== undefined) disk.endings.collect(at(n), record.fingerprint);
        } else {
          await disk.replica.merge(at(n), encodeRecord(at(n), state), 'os').catch(() => undefined);
        }
      }
      const { found, expected, corrupt } = await countRecords(disk, 0);
      const stored = (await reopened(disk)).of(0);
      const all = [found, expected, stored, disk.digests.of(0)];
      return corrupt.length === 0 && all.every((sums) => sums.equals(naive(disk)));
    }),
    { numRuns: 1_000 },
  );
});

t.test('what lies on the disk comes to the sums, after any batches and lives', async () => {
  const partitions = 8;
  const put = fc.record({ key: fc.nat(40), synced: fc.boolean(), restarts: fc.nat(9) });
  const limit = fc.integer({ min: 1, max: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(put, { maxLength: 60 }), limit, async (puts, max) => {
      let disk = await openDisk({ digestLogEntriesMax: max });
      for (const [i, { key, synced, restarts }] of puts.entries()) {
        const where = recordKey('default', `k${key}`, partitions);
        disk.replica.mint(where, intentOf(`${i}`), 'os', nothingElse);
        if (synced) await disk.store.sync();
        if (restarts > 0) continue;
        await disk.store.sync();
        const { storage } = disk;
        disk = await openDisk({ digestLogEntriesMax: max, storage });
      }
      await disk.store.sync();
      const found = await reopened(disk);
      const log = await disk.store.range({ ...rangeOf(PREFIX.digestLog), limit: 100 });
      const all = Array.from({ length: partitions }, (_, partition) => partition);
      return log.length <= max && all.every((p) => found.of(p).equals(disk.digests.of(p)));
    }),
    { numRuns: 300 },
  );
});

t.test('where the digest on the disk is damaged, the next life counts, and finds it', async (t) => {
  for (const kind of [PREFIX.digest, PREFIX.digestLog]) {
    const disk = await openDisk({
      digestLogEntriesMax: kind === PREFIX.digest ? 2 : 100,
      partitionCount: 1,
    });
    for (let i = 0; i < 9; i += 1) {
      disk.replica.mint(at(i), intentOf(`${i}`), 'os', nothingElse);
      await disk.store.sync();
    }
    const range = { ...rangeOf(kind), limit: 100 };
    const [key, bytes] = (await disk.store.range(range)).at(-1) ?? ['', new Uint8Array(0)];
    const rotten = bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
    await disk.storage.write([{ type: 'put', key, value: rotten }], { sync: true });
    const { storage } = disk;
    const next = await openDisk({ storage, partitionCount: 1 });
    await new Scrub(next).verify(0);
    t.ok(next.health.isRebuilding(0), kind);
    await new Scrub(next).correct(0);
    t.ok((await reopened(next)).of(0).equals(naive(next)), 'it is set right, and stays so');
  }
});

t.test('a count is exact while writes go on, and shows what is gone or old', async (t) => {
  const disk = await openDisk({ partitionCount: 1 });
  const many = Array.from({ length: 2_500 }, (_, i) => recordKey('default', `m${i}`, 1));
  for (const key of many) disk.replica.mint(key, intentOf('1'), 'os', nothingElse);
  const old = disk.table.read(at(0));
  const counting = countRecords(disk, 0);
  let writing = true;
  const writes = (async () => {
    for (let i = 0; writing; i += 1) {
      const key = many[(i * 7919) % many.length] ?? at(0);
      disk.replica.mint(key, intentOf(`${i}`), 'os', nothingElse);
      disk.replica.mint(recordKey('default', `new${i % 500}`, 1), intentOf('x'), 'os', nothingElse);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const during = await counting;
  writing = false;
  await writes;
  t.ok(during.found.equals(during.expected), 'nothing is amiss');
  t.equal(old, undefined);

  const gone = many[17] ?? at(0);
  const before = disk.table.read(gone);
  await disk.store.sync();
  await disk.storage.write([{ type: 'delete', key: gone.storageKey }], { sync: true });
  const missed = await countRecords(disk, 0);
  t.notOk(missed.found.equals(missed.expected), 'a record is gone');
  t.equal(missed.expected.count - missed.found.count, 1);

  disk.replica.mint(gone, intentOf('newer'), 'os', nothingElse);
  await disk.store.sync();
  const older = { type: 'put', key: gone.storageKey, value: before?.bytes ?? gone.storageKey };
  await disk.storage.write([older as never], { sync: true });
  const stale = await countRecords(disk, 0);
  t.equal(stale.expected.count, stale.found.count);
  t.notOk(stale.found.equals(stale.expected), 'a record is old');
});

t.test('trees differ exactly where the sets of live records do', async () => {
  const states = fc.array(fc.tuple(fc.nat(5), anySiblings), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(states, states, async (ours, theirs) => {
      const [a, b] = [
        await openDisk({ partitionCount: 1 }),
        await openDisk({ node: 'n2', partitionCount: 1 }),
      ];
      for (const [disk, states] of [
        [a, ours],
        [b, theirs],
      ] as const) {
        for (const [n, state] of states) {
          await disk.replica.merge(at(n), encodeRecord(at(n), state), 'os').catch(() => undefined);
        }
      }
      const live = (disk: Disk): string[] =>
        keys.map((key) => {
          const record = disk.table.read(key);
          return record?.live === true ? record.fingerprint : '';
        });
      const [here, there] = [live(a), live(b)];
      const differing = keys.filter((_, i) => here[i] !== there[i]).map(leafOf);
      const [left, right] = [new MerkleTrees(a.digests), new MerkleTrees(b.digests)];
      const all = Array.from({ length: 16 }, (_, branch) => branch);
      const found = left
        .leavesOf(0, all)
        .filter(([leaf, sums]) => !right.leavesOf(0, all)[leaf]?.[1].equals(sums))
        .map(([leaf]) => leaf);
      const same = left.rootOf(0).equals(right.rootOf(0));
      const expected = [...new Set(differing)].sort((x, y) => x - y);
      return JSON.stringify(found) === JSON.stringify(expected) && same === (expected.length === 0);
    }),
    { numRuns: 300 },
  );
});

t.test('a tree is built again only where something has changed', async (t) => {
  const disk = await openDisk({ partitionCount: 1 });
  const trees = new MerkleTrees(disk.digests);
  disk.replica.mint(at(0), intentOf('1'), 'os', nothingElse);
  const before = [...trees.branchesOf(0)];
  disk.replica.mint(at(0), intentOf('2'), 'os', nothingElse);
  const changed = trees
    .branchesOf(0)
    .filter((branch, i) => branch.compare(before[i] ?? Buffer.alloc(0)) !== 0);
  t.equal(changed.length, 1, 'one branch');
  t.equal(trees.branchesOf(0), trees.branchesOf(0), 'nothing, where nothing has');
});

t.test('index entries say when and of which key, and are a function of the state', async () => {
  const key = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(anySiblings, key, (state, name) => {
      const where = recordKey('default', name, 256);
      const [ordered, ...timed] = indexEntriesOf(where, state);
      if (ordered?.[0] !== `o${where.namespace}\u0000${name}`) return false;
      if ((ordered[1].length === 1) !== isPlain(state)) return false;
      const entries = timed.map(([entry]) => entry);
      const values = state.versions.filter((version) => version.state === 'value').length;
      const dead = values === 0;
      const kinds = entries.map((entry) => entry[0]).join('');
      const known = entries.every((entry) => {
        return parseIndexKey(entry, 256).at.storageKey === where.storageKey;
      });
      return (
        known && kinds === `${dead ? PREFIX.collectable : ''}${values > 1 ? PREFIX.conflict : ''}`
      );
    }),
    { numRuns: 10_000 },
  );
});

t.test('index entries that the disk has lost are put again', async (t) => {
  const disk = await openDisk({ partitionCount: 1 });
  const ended = { ...intentOf('x').change, ttlSeconds: 60 } as never;
  disk.replica.mint(at(0), intentOf('x', { change: ended }), 'os', nothingElse);
  disk.replica.mint(at(1), intentOf('', { change: { state: 'tombstone' } }), 'os', nothingElse);
  await disk.store.sync();
  const entries = [at(0), at(1)].flatMap((key) => {
    return [...indexEntriesOf(key, disk.table.read(key)?.siblings).keys()];
  });
  t.equal(entries.length, 4);
  const lost = entries.map((key) => ({ type: 'delete', key }) as const);
  await disk.storage.write(lost, { sync: true });
  t.equal((await countRecords(disk, 0)).unindexed.length, 2);
  await new Scrub(disk).verify(0);
  t.notOk(disk.health.isRebuilding(0), 'this is no damage');
  t.ok(entries.every((key) => disk.store.get(key) !== undefined));
  t.strictSame((await countRecords(disk, 0)).unindexed, []);
});
