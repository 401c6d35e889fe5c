/**
 * Counting what is on the disk against the digests (docs/architecture.md, D3): before an exchange
 * vouches for it, after damage, and in the background, partition by partition.
 */
import type { PartitionHealth } from '../replica/health.js';
import type { Observer } from '../environment/observer.js';
import type { DurableAcceptor } from '../replica/durable-acceptor.js';
import {
  type Counted,
  type CountWorld,
  countRecords,
  isWhole,
} from '../persistence/count-records.js';
import { isCorrupt } from '../errors.js';
import { eachEntry } from '../persistence/each-entry.js';
import { indexEntriesOf } from '../persistence/indexes.js';
import { recordOfEntry } from '../persistence/key-index.js';
import {
  parseIndexKey,
  PREFIX,
  rangeOf,
  type RecordKey,
  recordsOf,
} from '../persistence/keyspace.js';

export interface ScrubOptions extends CountWorld {
  readonly health: PartitionHealth;
  readonly acceptor: DurableAcceptor;
  readonly observer: Observer;
}

export class Scrub {
  readonly #options: ScrubOptions;
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #counted = new Set<number>();

  constructor(options: ScrubOptions) {
    this.#options = options;
  }

  /** How many partitions were read from the disk at least once. */
  get counted(): number {
    return this.#counted.size;
  }

  /** Resolves when the partition was counted; what is amiss has been noted as damage. */
  verify(partition: number): Promise<void> {
    const running = this.#underWay.get(partition);
    if (running !== undefined) return running;
    const count = this.#verify(partition).finally(() => this.#underWay.delete(partition));
    this.#underWay.set(partition, count);
    return count;
  }

  /** Takes away what cannot be read, and sets the digests right: a rebuild starts from the rest. */
  async correct(partition: number): Promise<void> {
    const { store, table, digests } = this.#options;
    // What is remembered may be gone from the disk: it would not be written again.
    const partitionCount = this.#options.partitionCount();
    table.forgetRange(recordsOf(partition, partitionCount));
    const counted = await countRecords(this.#options, partition);
    const { found, expected, corrupt, corruptItems, unindexed } = counted;
    const taken: string[] = [];
    const { committed } = store.transact((transaction) => {
      for (const at of corrupt) {
        // Meanwhile it may have been written anew.
        table.forgetCached(at);
        if (isUnreadable(table, at)) transaction.delete(at.storageKey);
      }
      for (const key of corruptItems) {
        const bytes = transaction.get(key);
        if (bytes === undefined || isWhole(table, key, bytes)) continue;
        transaction.delete(key);
        taken.push(key);
      }
      digests.correct(partition, found, expected);
      for (const at of unindexed) table.index(transaction, at);
    });
    await committed;
    this.#options.acceptor.forgetLost(partition, taken);
  }

  /**
   * Drops the index entries that lost records have left: lists would name their keys for ever.
   * Entries are not stored by partition, so all of the node are read, once for all `partitions`.
   */
  async dropStaleEntries(partitions: ReadonlySet<number>): Promise<void> {
    if (partitions.size === 0) return;
    const { store, table } = this.#options;
    const partitionCount = this.#options.partitionCount();
    const indexes = [
      [PREFIX.key, (entry: string) => recordOfEntry(entry, partitionCount)],
      [PREFIX.conflict, (entry: string) => parseIndexKey(entry, partitionCount).at],
      [PREFIX.collectable, (entry: string) => parseIndexKey(entry, partitionCount).at],
    ] as const;
    const stale: (readonly [at: RecordKey, entry: string])[] = [];
    for (const [prefix, recordOf] of indexes) {
      await eachEntry(store, rangeOf(prefix), (entry) => {
        const at = recordOf(entry);
        if (partitions.has(at.partition) && isStale(table, at, entry)) stale.push([at, entry]);
      });
    }
    const { committed } = store.transact((transaction) => {
      // Meanwhile it may have been written anew.
      for (const [at, entry] of stale) {
        if (!isStale(table, at, entry)) continue;
        transaction.delete(entry);
        table.entryDropped(entry);
      }
    });
    await committed;
  }

  /** What an index lacks is no damage: it is a function of the records. */
  async #index(lost: readonly RecordKey[]): Promise<void> {
    const { store, table, observer } = this.#options;
    observer.log('warn', 'index entries were lost, and are put again', { records: lost.length });
    const { committed } = store.transact((transaction) => {
      for (const at of lost) table.index(transaction, at);
    });
    await committed;
  }

  /** The same for a partition whose rebuild is about to end: what is amiss is another damage. */
  async verifyRebuilt(partition: number): Promise<void> {
    await this.#judge(partition, await this.#count(partition));
  }

  async #verify(partition: number): Promise<void> {
    const { health } = this.#options;
    if (health.isRebuilding(partition)) return;
    const counted = await this.#count(partition);
    if (!health.isRebuilding(partition)) await this.#judge(partition, counted);
  }

  async #count(partition: number): Promise<Counted> {
    const counted = await countRecords(this.#options, partition);
    this.#options.observer.count('quorate_scrubbed_partitions_total');
    this.#counted.add(partition);
    return counted;
  }

  async #judge(partition: number, counted: Counted): Promise<void> {
    const { health, observer } = this.#options;
    const { found, expected, corrupt, corruptItems, unindexed } = counted;
    const damaged = corrupt.length + corruptItems.length;
    if (damaged > 0) {
      observer.count('quorate_corrupt_records_total', {}, damaged);
      health.damage(partition, 'checksum');
    } else if (!found.equals(expected)) health.damage(partition, 'count');
    else if (unindexed.length > 0) await this.#index(unindexed);
  }
}

/** Names an index entry a record that does not have it? */
function isStale(table: ScrubOptions['table'], at: RecordKey, entry: string): boolean {
  return isUnreadable(table, at) || !indexEntriesOf(at, table.read(at)?.siblings).has(entry);
}

function isUnreadable(table: ScrubOptions['table'], at: RecordKey): boolean {
  try {
    table.read(at);
    return false;
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return true;
  }
}
