/** How many records of a kind this node keeps: of tombstones and stubs, and those in conflict. */
import { eachEntry } from './each-entry.js';
import { PREFIX, rangeOf } from './keyspace.js';
import type { RecordSummary } from './leaf-sums.js';
import type { Store } from './store.js';

/** The indexes whose entries are counted, and which records have one in them. */
const KINDS = {
  collectable: (record: RecordSummary): boolean => !record.live,
  conflict: (record: RecordSummary): boolean => record.inConflict,
} as const;

/**
 * Near enough to decide by: what changes during the count may be counted twice or not at all.
 */
export class RecordCount {
  readonly #kind: keyof typeof KINDS;
  #count = 0;
  #counting: Promise<void> | undefined;

  constructor(kind: keyof typeof KINDS) {
    this.#kind = kind;
  }

  get count(): number {
    return Math.max(0, this.#count);
  }

  /** Called for every change of a record. */
  note(before: RecordSummary | undefined, after: RecordSummary | undefined): void {
    const isOne = KINDS[this.#kind];
    if (before !== undefined && isOne(before)) this.#count -= 1;
    if (after !== undefined && isOne(after)) this.#count += 1;
  }

  /** An entry was found of a record that is lost: its end was never noted. */
  entryDropped(): void {
    this.#count -= 1;
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
    await eachEntry(store, rangeOf(PREFIX[this.#kind]), () => {
      stored += 1;
    });
    this.#count += stored - known;
  }
}
