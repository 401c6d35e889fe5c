/** An ordered key-value engine as a port. Each engine passes tests/conformance/storage. */

export type StorageEntry = readonly [key: string, value: Uint8Array];

export type StorageOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string };

export interface Range {
  /** First key, inclusive. Order is that of the keys' UTF-8 bytes. */
  readonly from: string;
  /** End, exclusive. */
  readonly before: string;
  /** Most entries to return; the caller asks again from the last key. */
  readonly limit: number;
}

/** The engine lost something of what was there, and was repaired to open at all. */
export interface StorageRepair {
  readonly reason: string;
  /** The loss is on record elsewhere, durably: later openings need not report it again. */
  noted(): Promise<void>;
}

/**
 * Keys are well-formed strings, values bytes; neither side changes a value once it was handed over.
 * A batch is atomic, and batches are applied in the order in which they were given.
 * Invariant: a crash takes no batch that was written with `sync: true` and resolved; and where it
 * leaves a synced batch, resolved or not, it leaves all that was given before it. Of what was given
 * without sync since the last synced batch that is left, a power cut leaves any part, in any order.
 * An empty batch is one like any other: with `sync` it makes all before it durable. After
 * a write that failed the engine refuses every other: what is on the disk is known when it was
 * opened again. Reads go on as long as they can.
 * Whatever goes wrong rejects (or, in `get`, throws) with an OperatingError `storage_failed`; a
 * read of what the engine knows to be damaged with `corrupt_bytes`.
 */
export interface Storage {
  /** Not there where nothing was lost, or the loss was noted. */
  readonly repair?: StorageRepair | undefined;
  get(key: string): Uint8Array | undefined;
  range(range: Range): Promise<StorageEntry[]>;
  write(batch: readonly StorageOperation[], options: { readonly sync: boolean }): Promise<void>;
  /** Gives the room of what was deleted back to the disk; reads and writes go on meanwhile. */
  compact(): Promise<void>;
  /** What the disk still has room for; undefined where nobody knows. */
  freeBytes(): Promise<number | undefined>;
  /** What the files of the engine take; undefined where there are none. */
  usedBytes(): Promise<number | undefined>;
  close(): Promise<void>;
}
