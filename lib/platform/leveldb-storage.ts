/** The storage port over LevelDB: see docs/architecture.md and lib/environment/storage.ts. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  StorageEntry,
  Range,
  Storage,
  StorageOperation,
  StorageRepair,
} from '../environment/storage.js';
import { messageOf } from '../errors.js';
import type { Database, LevelStorageOptions } from './leveldb-open.js';
import { LAST_KEY, openLevel } from './leveldb-open.js';
import { handleUnusable, readFailed, writeFailed } from './storage-failure.js';
import { UnsyncedWrites } from './unsynced-writes.js';

/** Deleted by an empty batch, so that it can be synced as any other. Nobody else uses this key. */
const BARRIER_KEY = '\u0000barrier';

/**
 * Repairs what does not open, and says so: what was lost, the caller must get from elsewhere.
 * @throws OperatingError `storage_failed`; `details.locked` where another process holds it.
 */
export async function openLevelStorage(options: LevelStorageOptions): Promise<Storage> {
  const { database, repair } = await openLevel(options);
  return new LevelStorage(database, options.directory, repair);
}

class LevelStorage implements Storage {
  readonly #database: Database;
  readonly #directory: string;
  readonly repair: StorageRepair | undefined;
  /** The last batch handed over: the binding's threads would not keep the order of two. */
  #lastWrite: Promise<void> = Promise.resolve();
  readonly #unsynced = new UnsyncedWrites();
  /** Set by the first write that fails. What is on the disk is unknown from then on. */
  #failure: unknown;
  #poisoned = false;
  #closing: Promise<void> | undefined;

  constructor(database: Database, directory: string, repair: StorageRepair | undefined) {
    this.#database = database;
    this.#directory = directory;
    this.repair = repair;
  }

  get(key: string): Uint8Array | undefined {
    this.#assertOpen();
    try {
      return this.#database.getSync(key);
    } catch (error) {
      throw readFailed(error);
    }
  }

  async range(range: Range): Promise<StorageEntry[]> {
    this.#assertOpen();
    if (range.limit <= 0 || range.from === range.before) return [];
    try {
      return await this.#database
        .iterator({ gte: range.from, lt: range.before, limit: range.limit })
        .all();
    } catch (error) {
      throw readFailed(error);
    }
  }

  write(batch: readonly StorageOperation[], options: { readonly sync: boolean }): Promise<void> {
    const before = this.#lastWrite;
    const write = this.#commit(before, batch, options.sync);
    this.#lastWrite = write.catch(() => undefined);
    return write;
  }

  async compact(): Promise<void> {
    this.#assertOpen();
    try {
      await this.#database.compactRange('', LAST_KEY);
    } catch (error) {
      throw writeFailed(error);
    }
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#directory).catch((error: unknown) => {
      throw readFailed(error);
    });
    return bavail * bsize;
  }

  /** A file that goes meanwhile counts for nothing. */
  async usedBytes(): Promise<number> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      throw readFailed(error);
    });
    const sizes = names.map(async (name) => {
      const about = await stat(join(this.#directory, name)).catch(() => undefined);
      return about?.size ?? 0;
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#lastWrite;
    try {
      await this.#database.close();
    } catch (error) {
      throw handleUnusable(`storage cannot close: ${messageOf(error)}`, error);
    }
  }

  async #commit(
    before: Promise<void>,
    batch: readonly StorageOperation[],
    sync: boolean,
  ): Promise<void> {
    this.#assertOpen();
    this.#assertHealthy();
    await before;
    this.#assertHealthy();
    const next = this.#unsynced.next(batch, sync);
    try {
      // A chained batch costs a tenth of an array batch: no checks and no objects an operation.
      const chained = this.#database.batch();
      for (const operation of next.operations) {
        if (operation.type === 'put') chained.put(operation.key, operation.value);
        else chained.del(operation.key);
      }
      if (next.operations.length === 0) chained.del(BARRIER_KEY);
      await chained.write({ sync: next.sync });
      next.written();
    } catch (error) {
      this.#poisoned = true;
      this.#failure = error;
      throw writeFailed(error);
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw handleUnusable('storage is closed');
  }

  /** A failed sync may have dropped dirty pages: asking again would succeed and prove nothing. */
  #assertHealthy(): void {
    if (!this.#poisoned) return;
    throw handleUnusable('storage stopped at a failed write; open it again', this.#failure);
  }
}
