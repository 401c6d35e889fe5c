/** What cannot be read, or is refused by the own store, keeps nothing else from its collection. */
import t from 'tap';
import { Collection } from '../../../lib/anti-entropy/collection.js';
import { serveDotStatus } from '../../../lib/anti-entropy/dot-status-service.js';
import { DOT_STATUS, PERSISTED } from '../../../lib/anti-entropy/messages.js';
import { servePersisted } from '../../../lib/anti-entropy/persisted-service.js';
import type { Questions } from '../../../lib/anti-entropy/questions.js';
import { OperatingError } from '../../../lib/errors.js';
import { Ownership } from '../../../lib/partitioning/ownership.js';
import { foundRing } from '../../../lib/partitioning/ring-founding.js';
import { historyOf } from '../../../lib/partitioning/ring-history.js';
import { STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import type { Pauses } from '../../../lib/environment/pauses.js';
import type { Endings } from '../../../lib/replica/endings.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { expiryClockOf, SeededRandom } from '../fakes.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';
import { asOfFormat } from '../persistence/other-format.js';

const OVERLOADED = new OperatingError('overloaded', 'the queue is full');
const tombstone = { state: 'tombstone' } as const;

function ownershipOf(...ids: string[]): Ownership {
  const ring = foundRing({
    ...{ cluster: 'test', partitionCount: PARTITIONS, replicaCount: ids.length },
    members: ids.map((id) => ({ id, zone: 'z', weight: 1 })),
  });
  return new Ownership('n1', () => historyOf(ring));
}

/** Changes what is stored under a key, behind the back of the node. */
async function change(
  { store, storage, table }: Disk,
  at: RecordKey,
  changed: (stored: Uint8Array) => Uint8Array,
): Promise<void> {
  await store.sync();
  const stored = storage.get(at.storageKey);
  if (stored === undefined) throw new Error('nothing is stored there');
  const value = changed(stored);
  await storage.write([{ type: 'put', key: at.storageKey, value }], { sync: true });
  table.forgetCached(at);
}

const spoil = (disk: Disk, at: RecordKey): Promise<void> =>
  change(disk, at, (stored) => stored.with(-1, (stored.at(-1) ?? 0) ^ 1));

const asOfNewer = (disk: Disk, at: RecordKey): Promise<void> =>
  change(disk, at, (stored) => asOfFormat(at.storageKey, stored, STORED_FORMAT + 1));

/** Keys of several partitions, deleted long ago. */
async function deadKeys(disk: Disk): Promise<RecordKey[]> {
  const keys = Array.from({ length: 12 }, (_, i) => recordKey('default', `k${i}`, PARTITIONS));
  for (const at of keys) {
    const intent = intentOf('', { change: { ...intentOf('').change, ...tombstone } as never });
    await disk.replica.mint(at, intent, 'sync', nothingElse).committed;
  }
  await disk.clocks.persist();
  await disk.clock.advance(10_000);
  return keys;
}

/** The collection of the only owner. */
function collectionOf(disk: Disk, endings: Partial<Endings> = {}): Collection {
  const { endings: real } = disk;
  return new Collection({
    ...disk,
    endings: {
      collect: real.collect.bind(real),
      endKept: real.endKept.bind(real),
      ...endings,
    } as Endings,
    ownership: ownershipOf('n1'),
    questions: { deadline: 0 } as Questions,
    settle: async () => true,
    voids: { close: async () => undefined },
    expiryClock: expiryClockOf(disk.clock),
    random: new SeededRandom(1),
    pauses: { isStopped: false, rest: async () => undefined } as unknown as Pauses,
    limits: {
      ...{ collectIntervalMilliseconds: 1_000, collectBatchSize: 100 },
      ...{ tombstonesMax: 100, pageBytesMax: 100_000 },
    },
    retentionMilliseconds: () => 1_000,
  });
}

const held = ({ store, storage }: Disk, keys: readonly RecordKey[]) =>
  store.sync().then(() => keys.filter(({ storageKey }) => storage.get(storageKey) !== undefined));

t.test('a damaged record begins a rebuild, and those of other partitions go', async (t) => {
  const disk = await openDisk();
  const keys = await deadKeys(disk);
  const [first, last] = [keys[0], keys.at(-1)] as [RecordKey, RecordKey];
  t.not(first.partition, last.partition);
  for (const at of [first, last]) await spoil(disk, at);
  await collectionOf(disk).run();
  const damaged = [first.partition, last.partition];
  t.strictSame(new Set(disk.health.rebuilding), new Set(damaged));
  t.strictSame(
    await held(disk, keys),
    keys.filter(({ partition }) => damaged.includes(partition)),
  );
  t.equal(disk.observer.counts.get('quorate_corrupt_records_total'), 2);
});

t.test('a full queue keeps kept versions from their end, and no record', async (t) => {
  const disk = await openDisk();
  const keys = await deadKeys(disk);
  const endKept = (): Promise<void> => {
    throw OVERLOADED;
  };
  await collectionOf(disk, { endKept }).run();
  t.strictSame(await held(disk, keys), []);
});

t.test('what the own store refuses has its own reason, and the rest goes', async (t) => {
  const disk = await openDisk();
  const keys = await deadKeys(disk);
  const [refused] = keys as [RecordKey];
  const collection = collectionOf(disk, {
    collect: (at, fingerprint) => {
      if (at.storageKey === refused.storageKey) throw OVERLOADED;
      return disk.endings.collect(at, fingerprint);
    },
  });
  await collection.run();
  t.strictSame(await held(disk, keys), [refused]);
  t.strictSame(collection.blocked, [{ reason: 'own store refuses', count: 1 }]);
});

t.test('a record that has become unreadable since it was judged holds up no other', async (t) => {
  const disk = await openDisk();
  const keys = await deadKeys(disk);
  const [spoilt] = keys as [RecordKey];
  const unreadable = new OperatingError('corrupt_bytes', 'its checksum differs');
  const collection = collectionOf(disk, {
    collect: (at, fingerprint) => {
      if (at.storageKey === spoilt.storageKey) throw unreadable;
      return disk.endings.collect(at, fingerprint);
    },
  });
  await collection.run();
  t.strictSame(disk.health.rebuilding, [spoilt.partition]);
  const left = await held(disk, keys);
  t.ok(left.includes(spoilt));
  t.ok(left.every(({ partition }) => partition === spoilt.partition));
});

type Handler = (request: unknown, context: { from: string }) => Promise<Record<string, unknown>>;

/** A node that is asked by the other owner, and a version that it holds. */
async function asked(name: string) {
  const disk = await openDisk();
  const handlers = new Map<unknown, Handler>();
  const handle = (type: unknown, handler: Handler) => handlers.set(type, handler);
  const messenger = { handle } as unknown as Messenger;
  const options = { ...disk, ownership: ownershipOf('n1', 'n2') };
  servePersisted(messenger, options);
  serveDotStatus(messenger, options);
  const at = recordKey('default', name, PARTITIONS);
  const { value, committed } = disk.replica.mint(at, intentOf('x'), 'sync', nothingElse);
  await committed;
  const { namespace, key, partition } = at;
  const ask = async (type: unknown, request: unknown) =>
    handlers.get(type)?.(request, { from: 'n2' });
  return {
    ...{ disk, at },
    persisted: (dots: readonly Dot[]) =>
      ask(PERSISTED, { partition, stubs: [{ namespace, key, dots }] }),
    dotStatus: () => ask(DOT_STATUS, { namespace, key, dots: [value.dot] }),
    dots: [value.dot],
  };
}

t.test('an owner that finds a record damaged answers as one under rebuild', async (t) => {
  const one = await asked('a');
  await spoil(one.disk, one.at);
  t.strictSame(await one.persisted(one.dots), { clock: null, valued: [false] });
  t.ok(one.disk.health.isRebuilding(one.at.partition));
  const other = await asked('b');
  await spoil(other.disk, other.at);
  t.match(await other.dotStatus(), { rebuilding: true, statuses: ['unseen'], persisted: [false] });
  t.ok(other.disk.health.isRebuilding(other.at.partition));
});

t.test('one that cannot say what another build wrote lets nobody collect it', async (t) => {
  const { disk, at, persisted, dots } = await asked('a');
  await asOfNewer(disk, at);
  t.match(await persisted(dots), { valued: [true] });
  t.notOk(disk.health.isRebuilding(at.partition));
});

t.test('no record is read where its clock says all', async (t) => {
  const { disk, at, persisted } = await asked('a');
  await spoil(disk, at);
  t.match(await persisted([]), { clock: [], valued: [false] });
  t.notOk(disk.health.isRebuilding(at.partition));
});
