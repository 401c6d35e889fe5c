/** Clocks of many writers: what is written and hashed is what has changed. */
import fc from 'fast-check';
import t from 'tap';
import { PartitionClocks } from '../../../lib/replica/partition-clocks.js';
import { clockKey } from '../../../lib/persistence/clock-keys.js';
import { PREFIX, rangeOf } from '../../../lib/persistence/keyspace.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import { openDisk } from '../persistence/disk.js';

const PARTITION = 3;
const writerOf = (i: number): string => `n1.1.${i.toString(16).padStart(12, '0')}`;
const MANY = 2_600;

const plainOf = (clocks: PartitionClocks) => clocks.of(PARTITION).toPlain();

/** The keys of what each batch from now on puts. */
function putsOf({ storage }: Awaited<ReturnType<typeof openDisk>>): string[] {
  const puts: string[] = [];
  const write = storage.write.bind(storage);
  storage.write = (operations, options) => {
    for (const { type, key } of operations) {
      if (type === 'put' && key.startsWith(PREFIX.clock)) puts.push(key);
    }
    return write(operations, options);
  };
  return puts;
}

async function openWithMany(): Promise<Awaited<ReturnType<typeof openDisk>>> {
  const disk = await openDisk();
  const dots = Array.from({ length: MANY }, (_, i) => ({ writer: writerOf(i), n: 1 }));
  disk.clocks.noteVoid(PARTITION, dots);
  await disk.clocks.persist();
  return disk;
}

t.test('of 2,600 writers only those are written of whom more was seen', async (t) => {
  const disk = await openWithMany();
  const { clocks, storage } = disk;
  t.equal(clocks.writersMax, MANY);
  const puts = putsOf(disk);
  clocks.noteVoid(PARTITION, [{ writer: writerOf(7), n: 2 }]);
  await clocks.persist();
  // All that another owner says, of which one number is new.
  const theirs = PartitionClock.from(plainOf(clocks));
  theirs.add({ writer: writerOf(8), n: 5 });
  clocks.union(PARTITION, theirs);
  clocks.union(PARTITION, theirs);
  await clocks.persist();
  t.strictSame(puts, [clockKey(PARTITION, writerOf(7)), clockKey(PARTITION, writerOf(8))]);
  t.strictSame(clocks.persisted(PARTITION).toPlain(), plainOf(clocks));
  const crashed = await openDisk({ storage: await storage.afterCrash() });
  t.strictSame(plainOf(crashed.clocks), plainOf(clocks));
});

t.test('an emptied clock leaves no entry behind, and what is seen then is written', async (t) => {
  const { clocks, health, store, storage } = await openWithMany();
  clocks.noteVoid(PARTITION, [{ writer: 'n1.1.ffffffffffff', n: 1 }]);
  health.damage(PARTITION, 'test');
  clocks.noteVoid(PARTITION, [{ writer: writerOf(7), n: 1 }]);
  health.damage(PARTITION, 'again');
  clocks.noteVoid(PARTITION, [{ writer: writerOf(8), n: 3 }]);
  await clocks.persist();
  await store.sync();
  const crashed = await openDisk({ storage: await storage.afterCrash() });
  t.strictSame(plainOf(crashed.clocks), plainOf(clocks));
  t.equal((await storage.range({ ...rangeOf(PREFIX.clock), limit: MANY })).length, 1);
  await health.rebuilt(PARTITION);
  const rebuilt = await openDisk({ storage: await storage.afterCrash() });
  t.strictSame(plainOf(rebuilt.clocks), plainOf(clocks));
});

t.test('one entry that cannot be read damages the partition, and all of it goes', async (t) => {
  const { storage } = await openWithMany();
  for (const i of [5, 6]) {
    const value = Uint8Array.of(1, 2, 3);
    await storage.write([{ type: 'put', key: clockKey(PARTITION, writerOf(i)), value }], {
      sync: true,
    });
  }
  const again = await openDisk({ storage });
  t.strictSame(again.clocks.unreadable, [PARTITION]);
  t.strictSame(again.health.rebuilding, [PARTITION]);
  t.strictSame(plainOf(again.clocks), []);
  await again.store.sync();
  t.strictSame(await storage.range({ ...rangeOf(PREFIX.clock), limit: MANY }), []);
});

const anyDot: fc.Arbitrary<Dot> = fc.record({
  writer: fc.nat(5).map(writerOf),
  n: fc.integer({ min: 1, max: 9 }),
});

t.test('two clocks have one hash where they have seen the same, however that came', async (t) => {
  const { store } = await openDisk();
  const [one, other] = [await PartitionClocks.open(store), await PartitionClocks.open(store)];
  let equal = 0;
  fc.assert(
    fc.property(fc.array(anyDot), fc.array(anyDot), (some, more) => {
      for (const clocks of [one, other]) clocks.empty(PARTITION);
      one.noteVoid(PARTITION, some);
      one.hashOf(PARTITION);
      one.noteVoid(PARTITION, more);
      const all = new PartitionClock();
      for (const dot of more) all.add(dot);
      other.union(PARTITION, all);
      const isSame = JSON.stringify(plainOf(one)) === JSON.stringify(plainOf(other));
      if (isSame) equal += 1;
      if ((one.hashOf(PARTITION) === other.hashOf(PARTITION)) !== isSame) return false;
      for (const dot of some) all.add(dot);
      other.union(PARTITION, all);
      return one.hashOf(PARTITION) === other.hashOf(PARTITION);
    }),
    { numRuns: 1_000 },
  );
  t.ok(equal > 10, `${equal} were equal before`);
});
