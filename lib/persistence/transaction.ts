/** A transaction under way; see store.ts. */
import type { CommitGroup } from './commit-group.js';

export interface Transaction {
  get(key: string): Uint8Array | undefined;
  put(key: string, value: Uint8Array): void;
  delete(key: string): void;
  /**
   * Called once the transaction is queued, and never where it was dropped: for what is counted in
   * memory.
   */
  whenQueued(count: () => void): void;
}

/** What one transaction reads and writes: its own changes first, then what was decided before. */
export class Changes implements Transaction {
  readonly #before: Pick<Transaction, 'get'>;
  /** The i-th change is of the i-th key, to the i-th value. */
  readonly #keys: string[] = [];
  readonly #values: (Uint8Array | undefined)[] = [];
  readonly #whenQueued: (() => void)[] = [];

  constructor(before: Pick<Transaction, 'get'>) {
    this.#before = before;
  }

  get(key: string): Uint8Array | undefined {
    const index = this.#keys.lastIndexOf(key);
    return index < 0 ? this.#before.get(key) : this.#values[index];
  }

  put(key: string, value: Uint8Array): void {
    this.#keys.push(key);
    this.#values.push(value);
  }

  delete(key: string): void {
    this.#keys.push(key);
    this.#values.push(undefined);
  }

  whenQueued(count: () => void): void {
    this.#whenQueued.push(count);
  }

  addTo(group: CommitGroup): void {
    for (const [index, key] of this.#keys.entries()) {
      const value = this.#values[index];
      group.entries.set(key, value);
      group.bytes += key.length + (value?.length ?? 0);
    }
    for (const count of this.#whenQueued) count();
  }
}
