/**
 * What was written since the last sync, kept to be written once more with the next one
 * (docs/decisions/0015).
 *
 * LevelDB syncs only the log file that it writes now. When that is full it begins another, and
 * leaves the last batches of the old one to the system: a synced batch may survive a power cut that
 * takes unsynced ones of before it (db_impl.cc, MakeRoomForWrite). Also within one file the system
 * may write pages in any order. So a synced batch carries all that was not synced before it: the
 * engine keeps it whole or not at all, and with it everything that came before.
 */
import type { StorageOperation } from '../environment/storage.js';

/** Beyond so many bytes of keys and values the next batch is synced, whoever asked for it. */
const BYTES_MAX = 1024 * 1024;
/** What an operation takes beside its key and value. */
const OPERATION_BYTES = 64;

/** What the engine is to do. */
export interface EngineBatch {
  readonly operations: readonly StorageOperation[];
  readonly sync: boolean;
  /** The engine has done it. */
  written(): void;
}

export class UnsyncedWrites {
  /** By key, the last of each. */
  readonly #operations = new Map<string, StorageOperation>();
  #bytes = 0;

  /** Batches are given in order, and the next when the engine is done with the one before. */
  next(operations: readonly StorageOperation[], sync: boolean): EngineBatch {
    const bytes = operations.reduce((sum, operation) => sum + bytesOf(operation), 0);
    if (!sync && this.#bytes + bytes <= BYTES_MAX) {
      return { operations, sync, written: () => this.#keep(operations) };
    }
    // Later operations of a batch win.
    const all = this.#bytes === 0 ? operations : [...this.#operations.values(), ...operations];
    return { operations: all, sync: true, written: () => this.#forget() };
  }

  #keep(operations: readonly StorageOperation[]): void {
    for (const operation of operations) {
      const before = this.#operations.get(operation.key);
      if (before !== undefined) this.#bytes -= bytesOf(before);
      this.#operations.set(operation.key, copied(operation));
      this.#bytes += bytesOf(operation);
    }
  }

  #forget(): void {
    this.#operations.clear();
    this.#bytes = 0;
  }
}

function bytesOf(operation: StorageOperation): number {
  const value = operation.type === 'put' ? operation.value.length : 0;
  return OPERATION_BYTES + operation.key.length + value;
}

/** A view into a frame of 16 MiB would keep all of it. */
function copied(operation: StorageOperation): StorageOperation {
  if (operation.type === 'delete') return operation;
  return { ...operation, value: new Uint8Array(operation.value) };
}
