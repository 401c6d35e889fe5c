/**
 * Counts what lies on the disk for a partition against its digests, while writes go on: damage
 * that no checksum shows, a record that is gone or old, shows here (docs/architecture.md, D3).
 */
import { compareUtf8 } from '../encoding/utf8-order.js';
import { isCorrupt } from '../errors.js';
import type { Siblings } from '../versioning/siblings.js';
import type { Digests } from './digests.js';
import { isIndexed } from './indexes.js';
import { leafOf, LeafSums, RecordSummary } from './leaf-sums.js';
import { keyAfter, type RecordKey, recordKeyOf, recordsOf } from './keyspace.js';
import type { RecordTable } from './record-table.js';
import type { Store } from './store.js';

export interface Counted {
  /** What the disk held at the beginning of the count. */
  readonly found: LeafSums;
  /** What the digests said then. */
  readonly expected: LeafSums;
  /** Records whose bytes do not match their checksums. */
  readonly corrupt: readonly RecordKey[];
  /** Records that lack an index entry: without it they are not found when they are due. */
  readonly unindexed: readonly RecordKey[];
}

export interface CountWorld {
  readonly store: Store;
  readonly table: RecordTable;
  readonly digests: Digests;
  /** Q of the ring. */
  readonly partitionCount: () => number;
}

const PAGE = 100;

/**
 * Exact whatever is written meanwhile: of a record that changes before it was counted, what it was
 * before the change is counted instead.
 * @throws OperatingError `storage_failed`; `unknown_format`: what lies there cannot be judged here
 */
export async function countRecords(world: CountWorld, partition: number): Promise<Counted> {
  const { store, table, digests } = world;
  const expected = digests.of(partition).copy();
  const found = new LeafSums();
  const corrupt: RecordKey[] = [];
  const unindexed: RecordKey[] = [];
  const changed = new Set<string>();
  const partitionCount = world.partitionCount();
  const all = recordsOf(partition, partitionCount);
  let reached = all.from;
  const stop = table.watch(partition, (at, before) => {
    if (changed.has(at.storageKey)) return;
    changed.add(at.storageKey);
    if (compareUtf8(at.storageKey, reached) < 0) return;
    if (before !== undefined) found.add(leafOf(at), before, 1);
  });
  try {
    // What was decided before must be on the disk to be found there.
    await store.sync();
    for (;;) {
      const page = await store.range({ ...all, from: reached, limit: PAGE });
      for (const [key, bytes] of page) {
        reached = keyAfter(key);
        if (changed.has(key)) continue;
        const at = recordKeyOf(key, partitionCount);
        const siblings = siblingsOf(table, at, bytes);
        if (siblings === undefined) corrupt.push(at);
        else {
          found.add(leafOf(at), new RecordSummary(key, siblings), 1);
          if (!isIndexed(store, at, siblings)) unindexed.push(at);
        }
      }
      if (page.length < PAGE) return { found, expected, corrupt, unindexed };
    }
  } finally {
    stop();
  }
}

/** Undefined where the bytes are damaged. */
function siblingsOf(table: RecordTable, at: RecordKey, bytes: Uint8Array): Siblings | undefined {
  try {
    return table.decode(at, bytes);
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}
