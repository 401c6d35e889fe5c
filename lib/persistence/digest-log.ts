/**
 * How digests lie on the disk: each partition whole as it once was, and a log of where leaves have
 * come to since, one entry a batch. An entry of its own for each leaf that a record moved was half
 * of what the engine took for a put.
 */
import type { StorageOperation } from '../environment/storage.js';
import { OperatingError } from '../errors.js';
import { decodeStored, encodeStored } from './checksummed.js';
import { FIELDS, LEAVES, type LeafSums } from './leaf-sums.js';
import { hexadecimal } from './records.js';
import type { Store } from './store.js';

/** `d`, the partition: [the last entry that is in it, its numbers]. */
type PlainDigest = [number, Uint8Array];
/** `j`, the number of the entry: for each leaf its place, and its numbers. */
const ENTRY_FIELDS = 1 + FIELDS;
const ENTRY_DIGITS = 12;
/** Of all entries: a start reads them. */
const BYTES_MAX = 2 * 1024 * 1024;
const PAGE = 1000;

interface Logged {
  readonly entry: number;
  readonly bytes: number;
}

/**
 * Numbers are stored in the order of this machine's bytes.
 * Invariant: what a partition lies as, and the entries after it, in order, come to its sums as they
 * were when the last batch left.
 */
export class DigestLog {
  readonly #sumsOf: (partition: number) => LeafSums;
  readonly #entriesMax: number;
  /** The oldest first. */
  readonly #logged: Logged[] = [];
  #bytes = 0;
  #last = 0;
  /** The first entry that is not in what a partition lies as, the lowest first. */
  readonly #behind = new Map<number, number>();

  constructor(sumsOf: (partition: number) => LeafSums, entriesMax: number) {
    this.#sumsOf = sumsOf;
    this.#entriesMax = entriesMax;
  }

  /** Brings the sums to what is stored; what is damaged is left out. */
  async load(store: Store): Promise<void> {
    const whole = new Map<number, number>();
    await eachOf(store, 'd', 'e', (key, bytes) => {
      const partition = Number.parseInt(key.slice(1), 16);
      const stored = readable(key, bytes) as PlainDigest | undefined;
      if (stored === undefined) return;
      whole.set(partition, stored[0]);
      this.#sumsOf(partition).numbers.set(numbersIn(stored[1]));
      this.#last = Math.max(this.#last, stored[0]);
    });
    await eachOf(store, 'j', 'k', (key, bytes) => {
      const entry = Number.parseInt(key.slice(1), 16);
      this.#note(entry, bytes.length);
      const stored = readable(key, bytes) as Uint8Array | undefined;
      if (stored === undefined) return;
      const numbers = numbersIn(stored);
      for (let i = 0; i < numbers.length; i += ENTRY_FIELDS) {
        const place = numbers[i] ?? 0;
        const partition = Math.floor(place / LEAVES);
        if (entry <= (whole.get(partition) ?? 0)) continue;
        const leaf = numbers.subarray(i + 1, i + ENTRY_FIELDS);
        this.#sumsOf(partition)
          .numbersOf(place % LEAVES)
          .set(leaf);
        if (!this.#behind.has(partition)) this.#behind.set(partition, entry);
      }
    });
  }

  /**
   * The next entry: where these leaves are now. Where the log is full its oldest entries go, and
   * the partitions that need them are written whole.
   * @param moved the partition times `LEAVES`, and the leaf
   */
  append(moved: ReadonlySet<number>): StorageOperation[] {
    const entry = this.#last + 1;
    const numbers = new Uint32Array(moved.size * ENTRY_FIELDS);
    let i = 0;
    for (const place of moved) {
      const partition = Math.floor(place / LEAVES);
      numbers[i] = place;
      numbers.set(this.#sumsOf(partition).numbersOf(place % LEAVES), i + 1);
      i += ENTRY_FIELDS;
      if (!this.#behind.has(partition)) this.#behind.set(partition, entry);
    }
    const key = keyOf(entry);
    const value = encodeStored(key, bytesOf(numbers));
    this.#note(entry, value.length);
    return [{ type: 'put', key, value }, ...this.#shorten()];
  }

  #note(entry: number, bytes: number): void {
    this.#logged.push({ entry, bytes });
    this.#bytes += bytes;
    this.#last = Math.max(this.#last, entry);
  }

  #shorten(): StorageOperation[] {
    const operations: StorageOperation[] = [];
    while (this.#logged.length > this.#entriesMax || this.#bytes > BYTES_MAX) {
      const oldest = this.#logged.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.bytes;
      for (const [partition, first] of this.#behind) {
        if (first > oldest.entry) break;
        operations.push(this.#whole(partition));
        this.#behind.delete(partition);
      }
      operations.push({ type: 'delete', key: keyOf(oldest.entry) });
    }
    return operations;
  }

  #whole(partition: number): StorageOperation {
    const key = `d${hexadecimal(partition)}`;
    const plain: PlainDigest = [this.#last, bytesOf(this.#sumsOf(partition).numbers)];
    return { type: 'put', key, value: encodeStored(key, plain) };
  }
}

function keyOf(entry: number): string {
  return `j${entry.toString(16).padStart(ENTRY_DIGITS, '0')}`;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A copy: what was stored lies at any offset. */
function numbersIn(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

async function eachOf(
  store: Store,
  start: string,
  before: string,
  take: (key: string, bytes: Uint8Array) => void,
): Promise<void> {
  let from = start;
  for (;;) {
    const page = await store.range({ from, before, limit: PAGE });
    for (const [key, bytes] of page) {
      take(key, bytes);
      from = `${key}\u0000`;
    }
    if (page.length < PAGE) return;
  }
}

function readable(key: string, bytes: Uint8Array): unknown {
  try {
    return decodeStored(key, bytes);
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return undefined;
  }
}
