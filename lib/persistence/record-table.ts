/**
 * The records of a node, and all that is derived of them: a record, its digest and its index
 * entries change in one transaction (docs/architecture.md, A1 and X1).
 */
import { LRUCache } from 'lru-cache';
import type { Observer } from '../environment/observer.js';
import type { Siblings } from '../versioning/siblings.js';
import { find } from '../versioning/siblings.js';
import type { Audits } from './audits.js';
import type { ConflictTurns } from './conflict-turns.js';
import type { RecordCount } from './record-count.js';
import type { Digests } from './digests.js';
import { indexEntriesOf, moveIndex } from './indexes.js';
import type { LargestKeys } from './largest-keys.js';
import { RecordSummary } from './leaf-sums.js';
import { type KeyRange, PREFIX, type RecordKey } from './keyspace.js';
import { decodeRecord } from './records.js';
import type { RecentDots } from './recent-dots.js';
import type { Store } from './store.js';
import type { Transaction } from './transaction.js';
import { UnknownFormats } from './unknown-formats.js';
import type { KeptVersions } from './versions.js';

/** What was made of a record for those who read it. */
export interface Rendering {
  readonly memoryBytes: number;
  /** The sealed context of the record. */
  readonly context: string;
}

/** Beside a cached record: what was made of it lies there for as long as it is cached. */
export interface RenderingPlace {
  readonly rendering: Rendering | undefined;
  /** True from the second time on: much is read once, and room is dear. */
  isReadAgain(): boolean;
  /** Keeps it, in the place of another, and counts it with the record. */
  keep(rendering: Rendering): void;
}

/** A record as it lies in the storage, and what reading it yields. */
export class StoredRecord extends RecordSummary implements RenderingPlace {
  readonly siblings: Siblings;
  readonly bytes: Uint8Array;
  rendering: Rendering | undefined = undefined;
  readonly #grown: (record: StoredRecord) => void;
  #wasRead = false;

  /** @param grown is called when it takes more memory than before */
  constructor(
    { storageKey }: RecordKey,
    siblings: Siblings,
    bytes: Uint8Array,
    grown: (record: StoredRecord) => void,
  ) {
    super(storageKey, siblings);
    this.siblings = siblings;
    this.bytes = bytes;
    this.#grown = grown;
  }

  isReadAgain(): boolean {
    const again = this.#wasRead;
    this.#wasRead = true;
    return again;
  }

  keep(rendering: Rendering): void {
    this.rendering = rendering;
    this.#grown(this);
  }
}

export interface RecordTableOptions {
  readonly store: Store;
  readonly digests: Digests;
  readonly tombstones: RecordCount;
  readonly conflicts: RecordCount;
  readonly conflictTurns: ConflictTurns;
  readonly recentDots: RecentDots;
  readonly versions: KeptVersions;
  readonly audits: Audits;
  readonly largest: LargestKeys;
  readonly observer: Observer;
  /** Bytes of decoded records kept in memory. */
  readonly cacheBytesMax: number;
}

/** Objects of a decoded record, of each version and of each entry of its context: measured. */
const RECORD_BYTES = 700;
const VERSION_BYTES = 440;
const CONTEXT_ENTRY_BYTES = 110;

export class RecordTable {
  readonly #options: RecordTableOptions;
  readonly #cache: LRUCache<string, StoredRecord>;
  readonly #unknownFormats: UnknownFormats;

  constructor(options: RecordTableOptions) {
    this.#options = options;
    this.#unknownFormats = new UnknownFormats(options.observer);
    this.#cache = new LRUCache({
      // The cache takes no zero; nothing is as small as one byte.
      maxSize: Math.max(1, options.cacheBytesMax),
      sizeCalculation: (record, key) => memoryBytesOf(record) + 2 * key.length,
    });
  }

  /** Is it read without a look at the disk? */
  isInMemory({ storageKey }: RecordKey): boolean {
    return this.#cache.has(storageKey);
  }

  /**
   * What was last decided for the key, durable or not.
   * @throws OperatingError `corrupt_bytes` where the record does not match its checksum,
   * `unknown_format` where another build wrote it
   */
  read(at: RecordKey): StoredRecord | undefined {
    const cached = this.#cache.get(at.storageKey);
    if (cached !== undefined) return cached;
    const bytes = this.#options.store.get(at.storageKey);
    if (bytes === undefined) return undefined;
    const record = new StoredRecord(at, this.decode(at, bytes), bytes, this.#grown);
    this.#options.largest.note(at, record.siblings, bytes.length);
    this.#cache.set(at.storageKey, record);
    return record;
  }

  /**
   * The siblings of what the disk holds for the key; says where that is of an unknown format.
   * @throws OperatingError `corrupt_bytes`, `unknown_format`
   */
  decode(at: RecordKey, bytes: Uint8Array): Siblings {
    return this.known(() => decodeRecord(at, bytes));
  }

  /** The same for anything that is stored beside a record. */
  known<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#unknownFormats.note(error);
      throw error;
    }
  }

  /**
   * Puts a record in the place of another; nothing is thrown, so what memory knows will be stored.
   * @param before as `read` gave it, in the same transaction
   */
  put(
    transaction: Transaction,
    at: RecordKey,
    before: StoredRecord | undefined,
    siblings: Siblings,
    bytes: Uint8Array,
  ): StoredRecord {
    const record = new StoredRecord(at, siblings, bytes, this.#grown);
    this.#changes(transaction, at, before, record);
    transaction.put(at.storageKey, bytes);
    this.#options.largest.note(at, siblings, bytes.length);
    this.#options.versions.keep(transaction, at, before?.siblings, siblings);
    for (const { dot } of siblings.versions) {
      if (before !== undefined && find(before.siblings, dot) !== undefined) continue;
      this.#options.recentDots.add(dot, at.storageKey);
    }
    this.#cache.set(at.storageKey, record);
    return record;
  }

  /** What is kept beside a record ends with it: nothing outlives a key that was deleted. */
  remove(transaction: Transaction, at: RecordKey, before: StoredRecord): void {
    const { versions, audits, largest } = this.#options;
    versions.forget(transaction, at);
    audits.forget(transaction, at);
    largest.forget(at);
    this.#changes(transaction, at, before, undefined);
    transaction.delete(at.storageKey);
    this.#cache.delete(at.storageKey);
  }

  /** Counts it anew, where it is cached still. */
  readonly #grown = (record: StoredRecord): void => {
    if (this.#cache.peek(record.storageKey) !== record) return;
    // The size of a value that is there already is not looked at again.
    this.#cache.delete(record.storageKey);
    this.#cache.set(record.storageKey, record);
  };

  /** Puts the index entries that a record should have, and that the disk has lost. */
  index(transaction: Transaction, at: RecordKey): void {
    for (const [key, value] of indexEntriesOf(at, this.read(at)?.siblings)) {
      transaction.put(key, value);
    }
  }

  /** An index entry of a record that was lost is dropped: it is counted no more. */
  entryDropped(entry: string): void {
    if (entry.startsWith(PREFIX.collectable)) this.#options.tombstones.entryDropped();
    if (entry.startsWith(PREFIX.conflict)) this.#options.conflicts.entryDropped();
  }

  /** The next look reads the disk. */
  forgetCached(at: RecordKey): void {
    this.#cache.delete(at.storageKey);
  }

  /** The same for all records in a range, e.g. of a partition. */
  forgetRange({ from, before }: KeyRange): void {
    for (const key of [...this.#cache.keys()]) {
      if (key >= from && key < before) this.#cache.delete(key);
    }
  }

  #changes(
    transaction: Transaction,
    at: RecordKey,
    before: StoredRecord | undefined,
    after: StoredRecord | undefined,
  ): void {
    this.#options.digests.move(at, before, after);
    this.#options.tombstones.note(before, after);
    this.#options.conflicts.note(before, after);
    this.#options.conflictTurns.note(at, before, after);
    moveIndex(transaction, at, before?.siblings, after?.siblings);
  }
}

/** About what a decoded record takes: siblings and writers of many starts are objects, too. */
function memoryBytesOf({ siblings, bytes, rendering }: StoredRecord): number {
  const { context, versions } = siblings;
  const entries = context.vector.size + context.beyond.length;
  const rendered = rendering?.memoryBytes ?? 0;
  let size = RECORD_BYTES + CONTEXT_ENTRY_BYTES * entries + bytes.length + rendered;
  for (const { value } of versions) {
    // What was minted here lies beside the record, what was read is a part of it.
    const beside = value.buffer === bytes.buffer ? 0 : value.length;
    size += VERSION_BYTES + beside;
  }
  return size;
}
