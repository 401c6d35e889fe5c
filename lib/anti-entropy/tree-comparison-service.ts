/** Answers a peer that compares trees: branches, leaves, keys, and the records of a few keys. */
import type { Ownership } from '../partitioning/ownership.js';
import type { Store } from '../persistence/store.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { Endings } from '../replica/endings.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { Replica } from '../replica/replica.js';
import type { PartitionHealth } from '../replica/health.js';
import type { Messenger } from '../rpc/messenger.js';
import { messageBytesMax } from '../encoding/frame.js';
import { leafOf } from '../persistence/leaf-sums.js';
import { isOver } from '../replica/endings.js';
import { keyAfter, recordKey, recordKeyOf, recordsOf } from '../persistence/keyspace.js';
import { rangeFrom } from '../persistence/each-entry.js';
import type { z } from 'zod';
import type { MerkleTrees } from './merkle-tree.js';
import { BRANCH_SUMS, KEYS, LEAF_SUMS, RECORDS } from './messages.js';

/** Records looked at for one page. */
const PAGE = 500;

export interface LiveListOptions {
  readonly ownership: Ownership;
  readonly store: Store;
  readonly table: RecordTable;
  readonly endings: Endings;
  readonly expiryClock: ExpiryClock;
  /** Bytes of records in one message. */
  readonly pageBytesMax: number;
}

/** Of the answering side. */
export interface TreeComparisonServiceOptions extends LiveListOptions {
  readonly replica: Replica;
  readonly health: PartitionHealth;
  readonly trees: MerkleTrees;
}

/** Registers the handlers; called once, when the ring is known. */
export function serveTreeComparisons(
  messenger: Messenger,
  options: TreeComparisonServiceOptions,
): void {
  const { ownership, replica, health, trees, pageBytesMax } = options;
  messenger.handle(BRANCH_SUMS, ({ partition }, { from }) => {
    ownership.assertShared(partition, from);
    return { branches: [...trees.branchesOf(partition)] };
  });
  messenger.handle(LEAF_SUMS, ({ partition, branches }, { from }) => {
    ownership.assertShared(partition, from);
    return { leaves: trees.leavesOf(partition, branches) };
  });
  messenger.handle(KEYS, ({ partition, leaves, from }, { from: peer }) => {
    ownership.assertShared(partition, peer);
    health.assertWhole(partition);
    return listLive(options, partition, leaves, from);
  });
  messenger.handle(RECORDS, ({ keys }, { from }) => {
    const records: (Uint8Array | null)[] = [];
    let bytes = 0;
    for (const { namespace, key } of keys) {
      const at = recordKey(namespace, key, ownership.partitionCount);
      ownership.assertOwns(from, at.partition);
      const record = replica.read(at)?.bytes ?? null;
      bytes += record?.length ?? 0;
      if (bytes > pageBytesMax && records.length > 0) break;
      records.push(record);
    }
    return { records };
  });
}

/**
 * The records of some leaves that hold a value. A record without a value may be collected
 * elsewhere, and agrees with that. What has ended becomes a stub first: the reapers of two owners
 * come to it at different times, and that is no difference.
 */
export async function listLive(
  { ownership, store, table, endings, expiryClock, pageBytesMax }: LiveListOptions,
  partition: number,
  leaves: readonly number[],
  from: string,
): Promise<z.infer<typeof KEYS.reply>> {
  const wanted = new Set(leaves);
  const { partitionCount } = ownership;
  const range = rangeFrom(recordsOf(partition, partitionCount), from);
  const page = await store.range({ ...range, limit: PAGE });
  const keys: [string, string, string][] = [];
  const now = expiryClock.now();
  let bytes = 0;
  for (const [storageKey] of page) {
    const at = recordKeyOf(storageKey, partitionCount);
    if (!wanted.has(leafOf(at))) continue;
    let record = table.read(at);
    if (record !== undefined && now !== undefined && isOver(record.siblings, now)) {
      endings.expire(at, now);
      record = table.read(at);
    }
    if (record?.live !== true) continue;
    const row: [string, string, string] = [at.namespace, at.key, record.fingerprint];
    bytes += messageBytesMax(row);
    if (bytes > pageBytesMax && keys.length > 0) return { keys, next: storageKey };
    keys.push(row);
  }
  const last = page.at(-1)?.[0];
  return { keys, next: page.length < PAGE || last === undefined ? null : keyAfter(last) };
}
