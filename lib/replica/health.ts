/**
 * Which partitions of this node are damaged and under rebuild (docs/architecture.md, D1 and D2). A
 * damaged replica vouches for nothing: its clock is emptied, its writer is fresh, and it answers
 * for no level until it has taken everything from every other owner.
 */
import type { Observer } from '../environment/observer.js';
import { messageOf, OperatingError } from '../errors.js';
import { encodeStored } from '../persistence/checksummed.js';
import { eachEntry } from '../persistence/each-entry.js';
import type { Minter } from './minter.js';
import type { PartitionClocks } from './partition-clocks.js';
import { parsePartitionKey, partitionKey, PREFIX, rangeOf } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';

export interface PartitionHealthOptions {
  readonly store: Store;
  readonly clocks: PartitionClocks;
  readonly minter: Minter;
  readonly observer: Observer;
}

export class PartitionHealth {
  readonly #options: PartitionHealthOptions;
  readonly #rebuilding = new Set<number>();
  /** Of these, everything was taken from the others: what was seen is known again. */
  readonly #refilled = new Set<number>();
  /** Their markers could not be queued yet. */
  readonly #unmarked = new Set<number>();
  #unmarkedReason: unknown;
  readonly #onDamage: ((partition: number) => void)[] = [];

  private constructor(options: PartitionHealthOptions) {
    this.#options = options;
  }

  /** Finds the markers of an earlier life: a rebuild that was not finished begins anew. */
  static async open(options: PartitionHealthOptions): Promise<PartitionHealth> {
    const health = new PartitionHealth(options);
    await eachEntry(options.store, rangeOf(PREFIX.rebuilding), (key) => {
      health.#rebuilding.add(parsePartitionKey(key));
    });
    for (const partition of options.clocks.unreadable) {
      health.damage(partition, 'its clock cannot be read');
    }
    return health;
  }

  isRebuilding(partition: number): boolean {
    return this.#rebuilding.has(partition);
  }

  /** Under rebuild, and not everything was taken yet from the other owners. */
  isRefilling(partition: number): boolean {
    return this.#rebuilding.has(partition) && !this.#refilled.has(partition);
  }

  /**
   * Everything was taken from the others, and the clock has what they have seen. From here on a
   * late copy is judged again: what has ended everywhere must not come back behind the last look.
   */
  refilled(partition: number): void {
    this.#refilled.add(partition);
  }

  get rebuilding(): readonly number[] {
    return [...this.#rebuilding];
  }

  /** Called for every damage, once it is in force, in the same step. */
  onDamage(listener: (partition: number) => void): void {
    this.#onDamage.push(listener);
  }

  /** From now on this replica of the partition vouches for nothing; a rebuild starts from here. */
  damage(partition: number, reason: string): void {
    const { clocks, minter, observer } = this.#options;
    observer.count('quorate_damaged_partitions_total', { reason });
    observer.log('warn', 'a partition is damaged and will be rebuilt', { partition, reason });
    this.#rebuilding.add(partition);
    this.#refilled.delete(partition);
    minter.takeFreshWriter(partition);
    clocks.empty(partition);
    this.#mark(partition);
    for (const listener of this.#onDamage) listener(partition);
  }

  /**
   * Resolves when all damage is on record: a crash from then on finds it again.
   * @throws OperatingError `overloaded` where a full queue keeps a marker from it
   */
  async recordDamage(): Promise<void> {
    this.persist();
    if (this.#unmarked.size > 0) throw this.#unmarkedReason;
    await this.#options.store.sync();
  }

  /**
   * Every other owner's records and clock are here. The clock goes to the disk with that: others
   * may have collected what it has seen, and without it a late hint would bring that back.
   */
  async rebuilt(partition: number): Promise<void> {
    const { store, clocks, observer } = this.#options;
    const keep = (transaction: Transaction): void => {
      transaction.delete(partitionKey('rebuilding', partition));
      clocks.keep(partition, transaction);
    };
    const { committed } = store.transact(keep, 'sync', 'vital');
    this.#unmarked.delete(partition);
    this.#rebuilding.delete(partition);
    this.#refilled.delete(partition);
    observer.count('quorate_rebuilt_partitions_total');
    observer.log('info', 'a partition is rebuilt', { partition });
    await committed;
  }

  /** Marks what a full queue has kept from it. */
  persist(): void {
    for (const partition of [...this.#unmarked]) this.#mark(partition);
  }

  /** Why this replica of the partition answers for nothing, where that is so: `rebuilding`. */
  refusal(partition: number): OperatingError | undefined {
    if (!this.#rebuilding.has(partition)) return undefined;
    return new OperatingError('rebuilding', 'this replica of the partition is being rebuilt', {
      details: { partition },
    });
  }

  /** @throws OperatingError `rebuilding` */
  assertWhole(partition: number): void {
    const refusal = this.refusal(partition);
    if (refusal !== undefined) throw refusal;
  }

  /** A full queue only puts it off: until then the stored clock is the old one. */
  #mark(partition: number): void {
    const { store, clocks, observer } = this.#options;
    const key = partitionKey('rebuilding', partition);
    this.#unmarked.add(partition);
    try {
      const mark = (transaction: Transaction): void => {
        transaction.put(key, encodeStored(key, true));
        clocks.forget(partition, transaction);
      };
      store.transact(mark, 'sync', 'vital');
      this.#unmarked.delete(partition);
    } catch (error) {
      this.#unmarkedReason = error;
      const reason = messageOf(error);
      observer.log('warn', 'a damaged partition could not be marked yet', { partition, reason });
    }
  }
}
