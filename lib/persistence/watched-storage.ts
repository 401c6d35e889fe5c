/** The storage of a node, with a watch over every call that should come back soon. */
import type {
  Range,
  Storage,
  StorageEntry,
  StorageOperation,
  StorageRepair,
} from '../environment/storage.js';
import type { StallWatch } from './stall-watch.js';

/** A compaction may take minutes, and a close waits for it: neither is watched. */
export class WatchedStorage implements Storage {
  readonly #storage: Storage;
  readonly #watch: StallWatch;

  constructor(storage: Storage, watch: StallWatch) {
    this.#storage = storage;
    this.#watch = watch;
  }

  get repair(): StorageRepair | undefined {
    return this.#storage.repair;
  }

  get(key: string): Uint8Array | undefined {
    return this.#storage.get(key);
  }

  range(range: Range): Promise<StorageEntry[]> {
    return this.#watch.during('read', () => this.#storage.range(range));
  }

  write(batch: readonly StorageOperation[], options: { readonly sync: boolean }): Promise<void> {
    return this.#watch.during('write', () => this.#storage.write(batch, options));
  }

  compact(): Promise<void> {
    return this.#storage.compact();
  }

  freeBytes(): Promise<number | undefined> {
    return this.#watch.during('look at its room', () => this.#storage.freeBytes());
  }

  usedBytes(): Promise<number | undefined> {
    return this.#watch.during('look at its files', () => this.#storage.usedBytes());
  }

  close(): Promise<void> {
    return this.#storage.close();
  }
}
