/** The storage port in memory: for tests, and for a node that need not survive. */
import type { StorageEntry, Range, Storage, StorageOperation } from '../environment/storage.js';
import { handleUnusable } from './storage-failure.js';
import { compareUtf8 } from '../encoding/utf8-order.js';

/** An empty store; what it holds goes when the process does, `sync` or not. */
export class MemoryStorage implements Storage {
  readonly #values = new Map<string, Uint8Array>();
  /** The keys of `#values`, in the order of their UTF-8 bytes. */
  readonly #keys: string[] = [];
  #closed = false;

  get(key: string): Uint8Array | undefined {
    this.#assertOpen();
    return this.#values.get(key)?.slice();
  }

  async range(range: Range): Promise<StorageEntry[]> {
    this.#assertOpen();
    const entries: StorageEntry[] = [];
    for (let index = this.#position(range.from); entries.length < range.limit; index += 1) {
      const key = this.#keys[index];
      if (key === undefined || compareUtf8(key, range.before) >= 0) break;
      const value = this.#values.get(key);
      if (value !== undefined) entries.push([key, value.slice()]);
    }
    return entries;
  }

  async write(batch: readonly StorageOperation[]): Promise<void> {
    this.#assertOpen();
    for (const operation of batch) {
      if (operation.type === 'put') this.#put(operation.key, operation.value);
      else this.#delete(operation.key);
    }
  }

  /** Its room is given back by itself. */
  async compact(): Promise<void> {
    this.#assertOpen();
  }

  /** As much as the process gets. */
  async freeBytes(): Promise<undefined> {
    return undefined;
  }

  async usedBytes(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #put(key: string, value: Uint8Array): void {
    if (!this.#values.has(key)) this.#keys.splice(this.#position(key), 0, key);
    // A copy: a view into a frame of 16 MiB would keep all of it.
    this.#values.set(key, new Uint8Array(value));
  }

  #delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.#position(key), 1);
  }

  /** Where `key` is, or would be. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #assertOpen(): void {
    if (this.#closed) throw handleUnusable('storage is closed');
  }
}
