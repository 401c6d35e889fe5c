/** How many records of the dead this node keeps: tombstones and stubs, not collected yet. */
import { eachEntry } from './each-entry.js';
import { PREFIX, rangeOf } from './keyspace.js';
import type { RecordSummary } from './leaf-sums.js';
import type { Store } from './store.js';

/**
 * Near enough to decide by: what changes during the count may be counted twice or not at all.
 */
export class DeadRecords {
  #count = 0;
  #counting: Promise<void> | undefined;

  get count(): number {
    return Math.max(0, this.#count);
  }

  /** Told of every change of a record. */
  note(before: RecordSummary | undefined, after: RecordSummary | undefined): void {
    if (before?.live === false) this.#count -= 1;
    if (after?.live === false) this.#count += 1;
  }

  /** Adds those of earlier lives, once: by their index, so that it costs what there is of them. */
  countStored(store: Store): Promise<void> {
    this.#counting ??= this.#countStored(store).catch((error: unknown) => {
      this.#counting = undefined;
      throw error;
    });
    return this.#counting;
  }

  async #countStored(store: Store): Promise<void> {
    const known = this.#count;
    let stored = 0;
    await eachEntry(store, rangeOf(PREFIX.dead), () => {
      stored += 1;
    });
    this.#count += stored - known;
  }
}
