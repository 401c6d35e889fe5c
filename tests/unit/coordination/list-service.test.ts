/** What one node tells of its keys: also what waits for its disk, and within a message. */
import t from 'tap';
import { bitsOf, tellKeys } from '../../../lib/coordination/list/list-service.js';
import { messageBytesMax } from '../../../lib/encoding/frame.js';
import type { Ownership } from '../../../lib/partitioning/ownership.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { turn } from '../fakes.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const ALL = bitsOf(
  Array.from({ length: PARTITIONS }, (_, i) => i),
  PARTITIONS,
);
const ASKED = {
  ...{ namespace: 'default', prefix: '', after: '', limit: 100, partitions: ALL },
  settled: false,
};
const openAcceptances = {
  unsettled: () => [],
  settleAmong: async () => ({ obstructed: new Set<number>(), tried: 0 }),
};
const DEADLINE = 1_000;
const ownership = { partitionCount: PARTITIONS } as Ownership;

t.test('what was decided and waits for the disk is sent', async (t) => {
  const disk = await openDisk();
  const { storage } = disk;
  const at = recordKey('default', 'k', PARTITIONS);
  storage.held = true;
  disk.replica.mint(at, intentOf('x'), 'memory', nothingElse);
  const telling = tellKeys(
    { ...disk, ownership, openAcceptances, pageBytesMax: 1_000 },
    ASKED,
    DEADLINE,
  );
  // The list is asked for while the write waits; then the disk does all that it was given.
  await turn();
  storage.held = false;
  while (storage.waiting.length > 0) await storage.release();
  t.strictSame((await telling).keys, ['k']);
});

t.test('a page fits a message, and the next goes on behind it', async (t) => {
  const pageBytesMax = 1_000;
  const disk = await openDisk();
  const keys = Array.from({ length: 12 }, (_, i) => `${i}`.padStart(2, '0').padEnd(200, 'k'));
  for (const key of keys) {
    disk.replica.mint(recordKey('default', key, PARTITIONS), intentOf('x'), 'sync', nothingElse);
  }
  const found: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const reply = await tellKeys(
      { ...disk, ownership, openAcceptances, pageBytesMax },
      { ...ASKED, after },
      DEADLINE,
    );
    t.ok(messageBytesMax(reply) < 2 * pageBytesMax, `${messageBytesMax(reply)} bytes`);
    found.push(...reply.keys);
    after = reply.reached;
  }
  t.strictSame(found, keys);
});

t.test(
  'only acceptances of the page are settled, in order, and it ends where time did',
  async (t) => {
    const disk = await openDisk();
    const at = (key: string) => recordKey('default', key, PARTITIONS);
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const key of keys) disk.replica.mint(at(key), intentOf('x'), 'sync', nothingElse);
    const open = ['zz', 'd2', 'b2', 'a2'];
    const settled: string[] = [];
    let tried = 3;
    const settling = {
      unsettled: () => open.map(at),
      settleAmong: async (asked: readonly { readonly key: string }[]) => {
        settled.push(...asked.map(({ key }) => key));
        for (const { key } of asked.slice(0, tried)) {
          disk.replica.mint(at(key), intentOf('x'), 'sync', nothingElse);
        }
        return { obstructed: new Set([1]), tried: Math.min(tried, asked.length) };
      },
    };
    const options = { ...disk, ownership, openAcceptances: settling, pageBytesMax: 1_000 };
    const tell = (limit: number) => {
      settled.length = 0;
      return tellKeys(options, { ...ASKED, settled: true, limit }, DEADLINE);
    };
    const first = await tell(4);
    t.strictSame(settled, ['a2', 'b2'], 'the page ended at d');
    t.strictSame([first.keys, first.reached], [['a', 'a2', 'b', 'b2'], 'b2']);
    t.strictSame(first.obstructed, [1]);
    tried = 2;
    const second = await tell(100);
    t.strictSame(settled, ['a2', 'b2', 'd2', 'zz']);
    t.strictSame([second.keys, second.reached], [['a', 'a2', 'b', 'b2'], 'b2'], 'd2 was not tried');
  },
);

t.test('nothing is told of a partition under rebuild', async (t) => {
  const disk = await openDisk();
  const at = recordKey('default', 'k', PARTITIONS);
  await disk.replica.mint(at, intentOf('x'), 'sync', nothingElse).committed;
  const tell = () =>
    tellKeys({ ...disk, ownership, openAcceptances, pageBytesMax: 1_000 }, ASKED, DEADLINE);
  t.strictSame((await tell()).keys, ['k']);
  disk.health.damage(at.partition, 'test');
  const { keys, obstructed } = await tell();
  t.strictSame([keys, obstructed], [[], [at.partition]]);
});

t.test('nor where the rebuild ends while the list is made', async (t) => {
  const disk = await openDisk();
  const at = recordKey('default', 'k', PARTITIONS);
  await disk.replica.mint(at, intentOf('x'), 'sync', nothingElse).committed;
  // Whole when it is asked about, for the first time after so many looks.
  for (const looksUnderRebuild of [1, 2, PARTITIONS, PARTITIONS + 1, PARTITIONS + 2]) {
    let looks = 0;
    const health = {
      isRebuilding: (partition: number) => {
        looks += 1;
        return partition === at.partition && looks <= looksUnderRebuild;
      },
    } as typeof disk.health;
    const { keys, obstructed } = await tellKeys(
      { ...disk, health, ownership, openAcceptances, pageBytesMax: 1_000 },
      ASKED,
      DEADLINE,
    );
    const isTold = keys.includes('k');
    t.strictSame(obstructed, isTold ? [] : [at.partition], `${looksUnderRebuild} looks`);
  }
});

t.test('nor where the damage comes while the list is made', async (t) => {
  const disk = await openDisk();
  const at = recordKey('default', 'k', PARTITIONS);
  await disk.replica.mint(at, intentOf('x'), 'sync', nothingElse).committed;
  let looks = 0;
  // Each partition was whole when the question came; the record is read after that.
  const health = {
    isRebuilding: (partition: number) => {
      looks += 1;
      return partition === at.partition && looks > PARTITIONS;
    },
  } as typeof disk.health;
  const options = { ...disk, health, ownership, openAcceptances, pageBytesMax: 1_000 };
  const { keys, obstructed } = await tellKeys(options, ASKED, DEADLINE);
  t.strictSame([keys, obstructed], [[], [at.partition]]);
});
