/**
 * How digests lie on the disk: a checkpoint of each partition, and a log of where leaves have come
 * to since, one entry a batch. An entry of its own for each leaf that a record moved was half of
 * what the engine took for a put.
 */
import type { Observer } from '../environment/observer.js';
import type { StorageOperation } from '../environment/storage.js';
import { encodeStored, readStored } from './checksummed.js';
import { eachEntry } from './each-entry.js';
import { FIELDS, LEAVES_A_PARTITION, type LeafSums } from './leaf-sums.js';
import {
  digestLogKey,
  parseDigestLogKey,
  parsePartitionKey,
  partitionKey,
  PREFIX,
  rangeOf,
} from './keyspace.js';
import type { Store } from './store.js';

/** Of a partition: [the last sequence number that is in it, its numbers]. */
type PlainCheckpoint = [number, Uint8Array];
/** Of an entry of the log: for each leaf its place, and its numbers. */
const ENTRY_FIELDS = 1 + FIELDS;
/** Of all entries: a start reads them. */
const BYTES_MAX = 2 * 1024 * 1024;

export interface DigestLogOptions {
  readonly sumsOf: (partition: number) => LeafSums;
  readonly entriesMax: number;
}

interface Logged {
  readonly sequence: number;
  readonly bytes: number;
}

/**
 * Numbers are stored in the order of this machine's bytes.
 * Invariant: the checkpoint of a partition, and the entries after it, in order, come to its sums as
 * they were when the last batch left.
 */
export class DigestLog {
  readonly #options: DigestLogOptions;
  /** The oldest first. */
  readonly #logged: Logged[] = [];
  #bytes = 0;
  #last = 0;
  /** Partitions, by the first entry that is not in their checkpoint, the lowest first. */
  readonly #dirty = new Map<number, number>();

  constructor(options: DigestLogOptions) {
    this.#options = options;
  }

  /** Brings the sums to what is stored; what is damaged is left out. */
  async load(store: Store, observer: Observer): Promise<void> {
    const { sumsOf } = this.#options;
    const checkpoints = new Map<number, number>();
    await eachEntry(store, rangeOf(PREFIX.digest), (key, bytes) => {
      const stored = readStored(key, bytes, observer) as PlainCheckpoint | undefined;
      if (stored === undefined) return;
      const [sequence, numbers] = stored;
      const partition = parsePartitionKey(key);
      checkpoints.set(partition, sequence);
      sumsOf(partition).numbers.set(numbersIn(numbers));
      this.#last = Math.max(this.#last, sequence);
    });
    await eachEntry(store, rangeOf(PREFIX.digestLog), (key, bytes) => {
      const sequence = parseDigestLogKey(key);
      this.#note(sequence, bytes.length);
      const stored = readStored(key, bytes, observer) as Uint8Array | undefined;
      if (stored === undefined) return;
      const numbers = numbersIn(stored);
      for (let i = 0; i < numbers.length; i += ENTRY_FIELDS) {
        const place = numbers[i] ?? 0;
        const partition = Math.floor(place / LEAVES_A_PARTITION);
        if (sequence <= (checkpoints.get(partition) ?? 0)) continue;
        const leaf = sumsOf(partition).numbersOf(place % LEAVES_A_PARTITION);
        leaf.set(numbers.subarray(i + 1, i + ENTRY_FIELDS));
        this.#markDirty(partition, sequence);
      }
    });
  }

  /**
   * The next entry: where these leaves are now. Where the log is full its oldest entries go, and
   * the partitions that need them get a checkpoint.
   * @param moved each the partition times `LEAVES_A_PARTITION`, plus the leaf
   */
  append(moved: ReadonlySet<number>): StorageOperation[] {
    const sequence = this.#last + 1;
    const numbers = new Uint32Array(moved.size * ENTRY_FIELDS);
    let i = 0;
    for (const place of moved) {
      const partition = Math.floor(place / LEAVES_A_PARTITION);
      numbers[i] = place;
      numbers.set(this.#options.sumsOf(partition).numbersOf(place % LEAVES_A_PARTITION), i + 1);
      i += ENTRY_FIELDS;
      this.#markDirty(partition, sequence);
    }
    const key = digestLogKey(sequence);
    const value = encodeStored(key, bytesOf(numbers));
    this.#note(sequence, value.length);
    return [{ type: 'put', key, value }, ...this.#truncate()];
  }

  #markDirty(partition: number, sequence: number): void {
    if (!this.#dirty.has(partition)) this.#dirty.set(partition, sequence);
  }

  #note(sequence: number, bytes: number): void {
    this.#logged.push({ sequence, bytes });
    this.#bytes += bytes;
    this.#last = Math.max(this.#last, sequence);
  }

  #truncate(): StorageOperation[] {
    const operations: StorageOperation[] = [];
    while (this.#logged.length > this.#options.entriesMax || this.#bytes > BYTES_MAX) {
      const oldest = this.#logged.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.bytes;
      for (const [partition, first] of this.#dirty) {
        if (first > oldest.sequence) break;
        operations.push(this.#checkpoint(partition));
        this.#dirty.delete(partition);
      }
      operations.push({ type: 'delete', key: digestLogKey(oldest.sequence) });
    }
    return operations;
  }

  #checkpoint(partition: number): StorageOperation {
    const key = partitionKey('digest', partition);
    const plain: PlainCheckpoint = [this.#last, bytesOf(this.#options.sumsOf(partition).numbers)];
    return { type: 'put', key, value: encodeStored(key, plain) };
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A copy: what was stored lies at any offset. */
function numbersIn(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
