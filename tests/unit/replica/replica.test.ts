/** A replica: what it mints and merges, refuses, remembers, and finds again after a crash. */
import fc from 'fast-check';
import t from 'tap';
import { decodeRecord, encodeRecord } from '../../../lib/persistence/records.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { covers, NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { anySiblings, sameSiblings } from '../versioning/arbitraries.js';
import { isNothing, merge } from '../../../lib/versioning/siblings.js';
import { HeldStorage, turn } from '../fakes.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const at = recordKey('default', 'k', PARTITIONS);

t.test('mints, one number after the other, and reads what it minted at once', async (t) => {
  const { replica } = await openDisk();
  t.equal(replica.read(at), undefined);
  const first = replica.mint(at, intentOf('1'), 'sync', nothingElse);
  const second = replica.mint(at, intentOf('2'), 'sync', nothingElse);
  t.equal(second.value.dot.n, first.value.dot.n + 1);
  t.match(second.value.replaced, [{ version: dotText(first.value.dot) }]);
  t.equal(replica.read(at)?.siblings, second.value.siblings);
  t.strictSame(replica.read(at)?.bytes, second.value.bytes);
  await Promise.all([first.committed, second.committed]);
  t.equal(replica.whenDurable(at), undefined);
});

t.test('a refused write uses no number and changes nothing', async (t) => {
  const disk = await openDisk({ recordBytesMax: 300, contextBytesMax: 60 });
  const { replica, minter, clocks } = disk;
  const before = replica.mint(at, intentOf('x'), 'sync', nothingElse).value;
  const next = minter.next(at.partition);
  const clock = JSON.stringify(clocks.of(at.partition).toPlain());
  const unwritten = recordKey('default', 'unwritten', PARTITIONS);
  const vector = new Map(['a', 'b', 'c'].map((id) => [`${id}.1.0123456789ab`, 1]));
  const refusals: [string, () => unknown][] = [
    [
      'record_too_large',
      () =>
        replica.mint(at, intentOf('x'.repeat(400), { seen: NOTHING_SEEN }), 'sync', nothingElse),
    ],
    [
      'context_too_large',
      () =>
        replica.mint(
          unwritten,
          intentOf('x', { seen: { vector, beyond: [], stamp: 0 } }),
          'sync',
          nothingElse,
        ),
    ],
  ];
  const unseen = intentOf('y', { seen: NOTHING_SEEN });
  replica.mint(at, unseen, 'sync', nothingElse);
  const state = replica.read(at);
  const [later, grown] = [minter.next(at.partition), clocks.of(at.partition).toPlain()];
  t.not(dotText(later), dotText(next));
  t.not(JSON.stringify(grown), clock);
  for (const [code, mint] of refusals) {
    t.throws(mint, { code, outcome: 'none' }, code);
    t.strictSame(minter.next(at.partition), later, code);
    t.equal(replica.read(at), state, code);
    t.strictSame(clocks.of(at.partition).toPlain(), grown, code);
  }
  t.ok(before);
});

t.test('what else must be durable may fail: then nothing was written', async (t) => {
  const { replica, minter, clocks } = await openDisk();
  const fail = (): never => {
    throw new Error('a damaged hint');
  };
  t.throws(() => replica.mint(at, intentOf('x'), 'sync', fail), /a damaged hint/);
  t.equal(replica.read(at), undefined);
  t.equal(minter.next(at.partition).n, 1);
  t.strictSame(clocks.of(at.partition).toPlain(), []);
});

t.test('merging is that of siblings, whatever comes how often', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anySiblings, { minLength: 1, maxLength: 4 }), async (states) => {
      const { replica } = await openDisk({ cacheBytesMax: 1_000 });
      let expected = states[0];
      for (const [i, state] of [...states, ...states].entries()) {
        if (expected === undefined) return false;
        if (i > 0) expected = merge(expected, state);
        replica.merge(at, encodeRecord(at, state), 'os');
      }
      const stored = replica.read(at);
      if (expected === undefined) return false;
      // Of nothing no record is made.
      if (stored === undefined) return isNothing(expected);
      return sameSiblings(stored.siblings, expected);
    }),
    { numRuns: 1_000 },
  );
});

t.test('a copy that adds nothing is acknowledged when what it equals is as durable', async (t) => {
  const storage = new HeldStorage();
  const { replica } = await openDisk({ storage });
  storage.held = true;
  const { value } = replica.mint(at, intentOf('1'), 'memory', nothingElse);
  for (const durability of ['sync', 'os', 'memory'] as const) {
    let acknowledged = false;
    void replica.merge(at, value.bytes, durability).then(() => {
      acknowledged = true;
    });
    await turn();
    t.equal(acknowledged, durability === 'memory', durability);
  }
  while (storage.waiting.length > 0) await storage.release();
  await replica.merge(at, value.bytes, 'sync');
  t.equal(storage.waiting.length, 0, 'nothing to write');
});

t.test('damage is refused, and counted, on either side', async (t) => {
  const storage = new HeldStorage();
  const disk = await openDisk({ storage });
  const { bytes } = disk.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  await disk.store.sync();
  await t.rejects(disk.replica.merge(at, bytes.with(20, 0xff), 'sync'), { code: 'corrupt_bytes' });
  t.equal(disk.observer.counts.get('quorate_corrupt_records_total'), 1);
  t.notOk(disk.health.isRebuilding(at.partition), 'what came from elsewhere is no damage here');
  await storage.write([{ type: 'put', key: at.storageKey, value: bytes.with(30, 0xff) }], {
    sync: true,
  });
  const open = async (): Promise<Disk> => openDisk({ storage: await storage.afterCrash() });
  const looks: readonly ((disk: Disk) => unknown)[] = [
    ({ replica }) => replica.read(at),
    ({ replica }) => replica.mint(at, intentOf('2'), 'sync', nothingElse),
  ];
  for (const look of looks) {
    const again = await open();
    t.throws(() => look(again), { code: 'rebuilding' });
    t.ok(again.health.isRebuilding(at.partition));
    t.equal(again.observer.counts.get('quorate_damaged_partitions_total checksum'), 1);
  }
  const again = await open();
  await t.rejects(again.replica.mergeAndVouch(at, bytes, 'sync'), { code: 'rebuilding' });
  t.equal(again.table.read(at)?.siblings.versions.length, 1, 'taken, but not vouched for');
});

t.test('a version that was superseded here does not come back', async (t) => {
  const { replica, observer } = await openDisk();
  const old = replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  const now = replica.mint(at, intentOf('2'), 'sync', nothingElse).value;
  await replica.merge(at, old.bytes, 'sync');
  t.equal(replica.read(at)?.siblings, now.siblings);
  t.equal(observer.counts.get('quorate_filter_total superseded'), 1);
});

t.test('what the clock has seen and the record lacks: the other owners are asked', async (t) => {
  const other = await openDisk({ node: 'n2' });
  const { dot, bytes } = other.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  const open = async (verdict: 'dropped' | 'damaged') => {
    const disk = await openDisk();
    disk.clocks.of(at.partition).add(dot);
    disk.replica.onUnaccounted(async (asked, dots) => {
      t.same([asked, dots], [at, [dot]]);
      return verdict;
    });
    return disk;
  };
  const unasked = await openDisk();
  unasked.clocks.of(at.partition).add(dot);
  await t.rejects(unasked.replica.merge(at, bytes, 'sync'), { code: 'not_ready' });

  const collected = await open('dropped');
  await collected.replica.mergeAndVouch(at, bytes, 'sync');
  t.equal(collected.replica.read(at), undefined, 'nothing is stored of what has ended');

  const damaged = await open('damaged');
  await t.rejects(damaged.replica.mergeAndVouch(at, bytes, 'sync'), { code: 'rebuilding' });
  t.equal(damaged.table.read(at)?.siblings.versions.length, 1);
  t.equal(damaged.observer.counts.get('quorate_damaged_partitions_total held elsewhere'), 1);
});

t.test('a record that lost what this life minted is damaged, whatever it says', async (t) => {
  const disk = await openDisk();
  const before = disk.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  disk.replica.mint(at, intentOf('2'), 'sync', nothingElse);
  await disk.store.sync();
  const older = { type: 'put', key: at.storageKey, value: before.bytes } as const;
  await disk.storage.write([older], { sync: true });
  disk.table.forgetCached(at);
  const mint = () => disk.replica.mint(at, intentOf('3'), 'sync', nothingElse);
  t.throws(mint, { code: 'rebuilding' });
  t.equal(disk.observer.counts.get('quorate_damaged_partitions_total own mint missing'), 1);
});

t.test('a record that vanished after its mint was forgotten takes nothing with it', async (t) => {
  const disk = await openDisk({ mintedKeysMax: 4 });
  const mint = (at: RecordKey) => disk.replica.mint(at, intentOf('x'), 'os', nothingElse).value;
  const lost = mint(at);
  for (let i = 0; i < 20; i += 1) mint({ ...recordKey('default', `k${i}`, 1), partition: 0 });
  for (let i = 0; i < 20; i += 1) {
    const other = { ...recordKey('default', `k${i}`, 1), partition: 0 };
    t.equal(mint(other).siblings.context.vector.size, 1, 'nobody lost it: one writer');
  }
  await disk.store.sync();
  await disk.storage.write([{ type: 'delete', key: at.storageKey }], { sync: true });
  disk.table.forgetCached(at);
  const { siblings } = mint(at);
  t.notOk(covers(siblings.context, lost.dot), 'what others hold of it is not covered');
  t.equal(merge(siblings, lost.siblings).versions.length, 2);
});

t.test('another node may not start on this disk', async (t) => {
  const { storage } = await openDisk();
  await t.rejects(openDisk({ node: 'n2', storage: await storage.afterCrash() }), {
    code: 'founding_refused',
    message: /belongs to .*: start it with its own data folder/,
  });
});

t.test('siblings that arise are counted', async (t) => {
  const { replica, observer } = await openDisk();
  replica.mint(at, intentOf('1'), 'sync', nothingElse);
  replica.mint(at, intentOf('2', { seen: NOTHING_SEEN }), 'sync', nothingElse);
  t.equal(observer.counts.get('quorate_siblings_created_total'), 1);
  const stored = replica.read(at);
  t.ok(stored && sameSiblings(decodeRecord(at, stored.bytes), stored.siblings));
});

t.test('so are those that arise by a merge, and none twice', async (t) => {
  const { replica, observer } = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const count = (): number => observer.counts.get('quorate_siblings_created_total') ?? 0;
  replica.mint(at, intentOf('1'), 'sync', nothingElse);
  other.replica.mint(at, intentOf('2'), 'sync', nothingElse);
  const { bytes } = other.replica.read(at) ?? {};
  for (let time = 0; time < 2; time += 1) {
    await replica.merge(at, bytes ?? new Uint8Array(), 'sync');
    t.equal(replica.read(at)?.siblings.versions.length, 2);
    t.equal(count(), 1);
  }
});

t.test('a clock for which there was no room is written later', async (t) => {
  const disk = await openDisk();
  disk.storage.held = true;
  const value = intentOf('x'.repeat(900_000));
  const full = { code: 'overloaded' };
  for (let i = 0; i < 12; i += 1) {
    const at = recordKey('default', `${i}`, PARTITIONS);
    disk.replica.mint(at, value, 'sync', nothingElse);
  }
  await t.rejects(disk.clocks.persist(), full);
  disk.storage.held = false;
  while (disk.storage.waiting.length > 0) await disk.storage.release();
  await disk.clocks.persist();
  const clocks = await disk.storage.range({ from: 'c', before: 'd', limit: PARTITIONS });
  t.ok(clocks.length > 0);
});
