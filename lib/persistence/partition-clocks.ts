/** The clocks of all partitions of a node, and their lazy way to the disk (architecture.md, C4). */
import { type Context, covers } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import { PartitionClock, type PlainClock } from '../versioning/partition-clock.js';
import { decodeStored, encodeStored } from './checksummed.js';
import { hexadecimal } from './records.js';
import type { Store } from './store.js';

const PAGE = 1000;

export class PartitionClocks {
  readonly #store: Store;
  readonly #clocks = new Map<number, PartitionClock>();
  /** Partitions whose clock has grown since it was last persisted. */
  readonly #dirty = new Set<number>();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Loads what is stored. It may lag behind the records, and never leads them. */
  static async open(store: Store): Promise<PartitionClocks> {
    const clocks = new PartitionClocks(store);
    let from = 'c';
    for (;;) {
      const page = await store.range({ from, before: 'd', limit: PAGE });
      for (const [key, bytes] of page) {
        const clock = PartitionClock.from(decodeStored(key, bytes) as PlainClock);
        clocks.#clocks.set(Number.parseInt(key.slice(1), 16), clock);
        from = `${key}\u0000`;
      }
      if (page.length < PAGE) return clocks;
    }
  }

  /** The clock of a partition, live: read it at once, do not keep it. */
  of(partition: number): PartitionClock {
    let clock = this.#clocks.get(partition);
    if (clock === undefined) {
      clock = new PartitionClock();
      this.#clocks.set(partition, clock);
    }
    return clock;
  }

  /**
   * Adds the dots of versions that a record has just taken in.
   * Invariant: a clock speaks only of what the record, whose context this is, holds or covers.
   */
  note(partition: number, context: Context, dots: readonly Dot[]): void {
    const clock = this.of(partition);
    let grown = false;
    for (const dot of dots) if (covers(context, dot)) grown = clock.add(dot) || grown;
    if (grown) this.#dirty.add(partition);
  }

  /**
   * Writes the clocks that have grown: with or after the records that they speak of. One that could
   * not be written stays behind, and that only makes peers send again.
   */
  async persist(): Promise<void> {
    if (this.#dirty.size === 0) return;
    const { committed } = this.#store.transact((transaction) => {
      for (const partition of this.#dirty) {
        const key = `c${hexadecimal(partition)}`;
        transaction.put(key, encodeStored(key, this.of(partition).toPlain()));
      }
    }, 'os');
    this.#dirty.clear();
    await committed;
  }
}
