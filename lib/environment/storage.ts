/** An ordered key-value engine as a port. Each engine passes tests/conformance/storage. */

export type Entry = readonly [key: string, value: Uint8Array];

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

/**
 * Keys are well-formed strings, values bytes; neither side changes a value once it was handed over.
 * A batch is atomic, and batches are applied in the order in which they were given: after a crash
 * the disk holds a prefix of them, with every batch in it that was written with `sync: true` and
 * resolved. An empty batch is one like any other: with `sync` it makes all before it durable. After
 * a write that failed the engine refuses every call: what is on the disk is known when it was
 * opened again.
 * Whatever goes wrong rejects (or, in `get`, throws) with an OperatingError `storage_failed`.
 */
export interface Storage {
  get(key: string): Uint8Array | undefined;
  range(range: Range): Promise<Entry[]>;
  write(batch: readonly StorageOperation[], options: { readonly sync: boolean }): Promise<void>;
  close(): Promise<void>;
}
