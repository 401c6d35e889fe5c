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
const openAcceptances = { unsettledAmong: async () => new Set<number>() };
const ownership = { partitionCount: PARTITIONS } as Ownership;

t.test('what was decided and waits for the disk is told', async (t) => {
  const disk = await openDisk();
  const { storage } = disk;
  const at = recordKey('default', 'k', PARTITIONS);
  storage.held = true;
  disk.replica.mint(at, intentOf('x'), 'memory', nothingElse);
  const telling = tellKeys({ ...disk, ownership, openAcceptances, pageBytesMax: 1_000 }, ASKED);
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
    );
    t.ok(messageBytesMax(reply) < 2 * pageBytesMax, `${messageBytesMax(reply)} bytes`);
    found.push(...reply.keys);
    after = reply.reached;
  }
  t.strictSame(found, keys);
});
