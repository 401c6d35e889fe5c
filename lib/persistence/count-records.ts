/**
 * Counts what lies on the disk for a partition against its digests, while writes go on: damage
 * that no checksum shows, a record that is gone or old, shows here (docs/architecture.md, D3).
 */
import { compareUtf8 } from '../encoding/utf8-order.js';
import { isCorrupt } from '../errors.js';
import type { Siblings } from '../versioning/siblings.js';
import { decodeStored } from './checksummed.js';
import type { Digests } from './digests.js';
import { eachEntry } from './each-entry.js';
import { isIndexed } from './indexes.js';
import { ItemSummary, leafOf, LeafSums, RecordSummary } from './leaf-sums.js';
import {
  keyAfter,
  partitionKey,
  proposalsOf,
  type RecordKey,
  recordKeyOf,
  recordsOf,
} from './keyspace.js';
import type { RecordTable } from './record-table.js';
import type { Store } from './store.js';

const PAGE = 100;

export interface Counted {
  /** What the disk held at the beginning of the count. */
  readonly found: LeafSums;
  /** What the digests said then. */
  readonly expected: LeafSums;
  /** Records whose bytes do not match their checksums. */
  readonly corrupt: readonly RecordKey[];
  /** Keys of what is stored for consensus, whose bytes do not match their checksums. */
  readonly corruptItems: readonly string[];
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
  const corruptItems: string[] = [];
  let reached = '';
  const stop = digests.watch(partition, (at, before) => {
    if (changed.has(at.storageKey)) return;
    changed.add(at.storageKey);
    if (compareUtf8(at.storageKey, reached) < 0) return;
    if (before !== undefined) found.add(leafOf(at), before, 1);
  });
  const countItem = (key: string, bytes: Uint8Array): void => {
    if (!isWhole(table, key, bytes)) corruptItems.push(key);
    else found.add(leafOf({ storageKey: key }), new ItemSummary(key, bytes), 1);
  };
  const countRecord = (key: string, bytes: Uint8Array): void => {
    const at = recordKeyOf(key, partitionCount);
    const siblings = siblingsOf(table, at, bytes);
    if (siblings === undefined) {
      corrupt.push(at);
      return;
    }
    found.add(leafOf(at), new RecordSummary(key, siblings), 1);
    if (!isIndexed(store, at, siblings)) unindexed.push(at);
  };
  try {
    // What was decided before must be on the disk to be found there.
    await store.sync();
    // In the order of keys: what changes behind the place that was reached is counted already.
    const ballots = partitionKey('ballots', partition);
    const ranges = [
      [{ from: ballots, before: keyAfter(ballots) }, countItem],
      [proposalsOf('acceptance', partition, partitionCount), countItem],
      [recordsOf(partition, partitionCount), countRecord],
      [proposalsOf('mark', partition, partitionCount), countItem],
    ] as const;
    for (const [range, count] of ranges) {
      reached = range.from;
      const take = (key: string, bytes: Uint8Array): void => {
        reached = keyAfter(key);
        if (!changed.has(key)) count(key, bytes);
      };
      await eachEntry(store, range, take, PAGE);
    }
    return { found, expected, corrupt, corruptItems, unindexed };
  } finally {
    stop();
  }
}

/** Do the bytes match their checksum? @throws OperatingError `unknown_format` */
export function isWhole(table: RecordTable, key: string, bytes: Uint8Array): boolean {
  try {
    table.known(() => decodeStored(key, bytes));
    return true;
  } catch (error) {
    if (isCorrupt(error)) return false;
    throw error;
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
