/** A disk that is nearly full of values that end, or are deleted, empties by itself. */
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { HeldStorage } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';

const RESERVE_BYTES = 20_000;
const CAPACITY_BYTES = 100_000;
const VALUE = 'x'.repeat(4_000);
const EVERYTHING = { from: '', before: '~', limit: 100_000 };
const WRITES_MAX = 100;

/** Room as there is beside what is stored. */
function measured(storage: HeldStorage | undefined): void {
  if (storage === undefined) throw new Error('no disk');
  storage.freeBytes = async () => {
    const entries = await storage.range(EVERYTHING);
    const bytes = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    return CAPACITY_BYTES - bytes;
  };
}

async function fullCluster(ttlSeconds: number | undefined) {
  const limits = { storageReserveBytes: RESERVE_BYTES };
  const cluster = await LocalCluster.of({ nodes: 1, replicas: 1, limits });
  const storage = cluster.disks.get('n1');
  measured(storage);
  const value = Buffer.from(VALUE);
  const change = { state: 'value', contentType: 'text/plain', value, ttlSeconds } as const;
  let count = 0;
  for (; count < WRITES_MAX; count += 1) {
    const written = await cluster.put('n1', `k${count}`, '', { change }).then(
      () => true,
      () => false,
    );
    if (!written) break;
    await cluster.clock.advance(600);
  }
  return { cluster, storage, count };
}

t.test('of values that end', async (t) => {
  const { cluster, storage, count } = await fullCluster(60);
  t.ok(count > 5 && count < WRITES_MAX, `${count} writes, then the disk is nearly full`);
  await t.rejects(cluster.put('n1', 'more', VALUE), { code: 'read_only', outcome: 'none' });
  await cluster.clock.advance(120_000);
  await cluster.put('n1', 'more', VALUE);
  t.ok((storage?.compacted ?? 0) > 0, 'the engine was told to give the room back');
  await cluster.stop();
});

const REFUSALS = [
  ['quorum', 'read_only'],
  // Another owner may have room: it is asked until the end.
  ['strong', 'deadline_passed'],
] as const;

for (const [level, code] of REFUSALS) {
  t.test(`of values that clients delete at ${level}`, async (t) => {
    const { cluster, count } = await fullCluster(undefined);
    t.ok(count > 5 && count < WRITES_MAX, `${count} writes, then the disk is nearly full`);
    await t.rejects(cluster.put('n1', 'more', VALUE, { level }), { code, outcome: 'none' });
    const dead = { level, change: { state: 'tombstone' } } as const;
    await t.rejects(cluster.put('n1', 'absent', '', dead), { code }, 'it would grow');
    for (let n = 0; n < count; n += 1) await cluster.put('n1', `k${n}`, '', dead);
    await cluster.clock.advance(1_000);
    await cluster.put('n1', 'more', VALUE, { level });
    await cluster.stop();
  });
}

t.test('a value that has ended and cannot leave ends no other operation', async (t) => {
  const limits = { storageReserveBytes: RESERVE_BYTES };
  const cluster = await LocalCluster.of({ nodes: 1, replicas: 1, limits });
  const strong = { level: 'strong', timeoutMilliseconds: 500 } as const;
  const { partition } = recordKey('default', 'k', 16);
  const other = keyIn(partition);
  await cluster.put('n1', other, 'stays', strong);
  await cluster.putFor('n1', 'k', 1, strong);
  const disk = cluster.disks.get('n1');
  if (disk === undefined) throw new Error('no disk');
  disk.free = RESERVE_BYTES / 4 - 1;
  await cluster.clock.advance(1_500);
  await t.rejects(cluster.get('n1', 'k', strong), { code: 'deadline_passed', outcome: 'none' });
  t.same(await cluster.texts('n1', other, strong), ['stays']);
  const events = cluster.observers.get('n1')?.events ?? [];
  t.notOk(events.includes('a proposer gives up its ballot'));
  disk.free = CAPACITY_BYTES;
  await cluster.clock.advance(1_000);
  t.same(await cluster.texts('n1', 'k', strong), []);
  await cluster.stop();
});

function keyIn(partition: number): string {
  for (let n = 0; ; n += 1) {
    if (recordKey('default', `other${n}`, 16).partition === partition) return `other${n}`;
  }
}
