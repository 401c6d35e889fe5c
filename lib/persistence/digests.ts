/** Digests of a partition's records, leaf by leaf: what trees are built over (Dynamo 4.7). */
import { type Halves, hash32Text, hash64Halves } from '../encoding/hash.js';
import { OperatingError } from '../errors.js';
import { fingerprint, type Siblings } from '../versioning/siblings.js';
import { decodeStored, encodeStored } from './checksummed.js';
import { hexadecimal, type RecordKey } from './records.js';
import type { Store } from './store.js';
import type { Transaction } from './transaction.js';

/** Leaves of a partition: branches of `LEAVES_A_BRANCH` each. */
export const BRANCHES = 16;
export const LEAVES_A_BRANCH = 16;
const LEAVES = BRANCHES * LEAVES_A_BRANCH;
/** Of the sums over a leaf's live records, as they travel. */
export const LEAF_BYTES = 8;

/**
 * What a digest says of one record. It is hashed when a digest asks first, and not again when it
 * is taken away.
 */
export class RecordSummary {
  readonly fingerprint: string;
  /** Does it hold a value? What is all dead may be collected elsewhere already, and agrees. */
  readonly live: boolean;
  readonly #storageKey: string;
  #halves: Halves | undefined;

  constructor(storageKey: string, siblings: Siblings) {
    this.#storageKey = storageKey;
    this.fingerprint = fingerprint(siblings);
    this.live = siblings.versions.some(({ state }) => state === 'value');
  }

  /** Of its hash, with its key: what sums add up. */
  get halves(): Halves {
    this.#halves ??= hash64Halves(`${this.#storageKey}\u0000${this.fingerprint}`);
    return this.#halves;
  }
}

/**
 * Numbers of one leaf. Sums of the halves of hashes modulo 2^32, so that one record moves them
 * without its neighbours being read.
 */
const COUNT = 0;
const ALL = 1;
const LIVE = 3;
const FIELDS = 5;

/** All leaves of a partition, leaf after leaf. */
export class LeafSums {
  readonly #numbers: Uint32Array;

  constructor(numbers = new Uint32Array(LEAVES * FIELDS)) {
    this.#numbers = numbers;
  }

  /** Adds a record (`sign` 1), or takes it away (-1). */
  add(leaf: number, record: RecordSummary, sign: 1 | -1): void {
    const { low, high } = record.halves;
    const at = leaf * FIELDS;
    this.#move(at + COUNT, sign);
    this.#move(at + ALL, sign * low);
    this.#move(at + ALL + 1, sign * high);
    if (!record.live) return;
    this.#move(at + LIVE, sign * low);
    this.#move(at + LIVE + 1, sign * high);
  }

  /** Adds what `counted` has more than `expected`. */
  correct(counted: LeafSums, expected: LeafSums): void {
    for (let i = 0; i < this.#numbers.length; i += 1) {
      this.#move(i, (counted.#numbers[i] ?? 0) - (expected.#numbers[i] ?? 0));
    }
  }

  /** The live records of all leaves, `LEAF_BYTES` each, leaf after leaf: what replicas compare. */
  live(): Buffer {
    const bytes = Buffer.allocUnsafe(LEAVES * LEAF_BYTES);
    for (let leaf = 0; leaf < LEAVES; leaf += 1) {
      const from = leaf * FIELDS + LIVE;
      bytes.writeUInt32BE(this.#numbers[from] ?? 0, leaf * LEAF_BYTES);
      bytes.writeUInt32BE(this.#numbers[from + 1] ?? 0, leaf * LEAF_BYTES + 4);
    }
    return bytes;
  }

  copy(): LeafSums {
    return new LeafSums(this.#numbers.slice());
  }

  equals(other: LeafSums): boolean {
    return this.#numbers.every((number, i) => number === other.#numbers[i]);
  }

  /** Records of the whole partition. */
  get count(): number {
    let count = 0;
    for (let leaf = 0; leaf < LEAVES; leaf += 1) count += this.#numbers[leaf * FIELDS + COUNT] ?? 0;
    return count;
  }

  /** The numbers of a leaf, as they are stored: a view, in the order of this machine's bytes. */
  bytesOf(leaf: number): Uint8Array {
    const bytes = FIELDS * Uint32Array.BYTES_PER_ELEMENT;
    return new Uint8Array(this.#numbers.buffer, leaf * bytes, bytes);
  }

  /** Such an array keeps what is left modulo 2^32. */
  #move(index: number, by: number): void {
    this.#numbers[index] = (this.#numbers[index] ?? 0) + by;
  }
}

const PAGE = 1000;

/**
 * Invariant (A1): the sums of a partition are those of the records that were decided for it. They
 * change in the transaction that changes a record, so a record that is lost shows.
 */
export class Digests {
  readonly #sums = new Map<number, LeafSums>();
  readonly #revisions = new Map<number, number>();

  /** Loads what is stored. A damaged leaf counts as empty: the next count finds the difference. */
  static async open(store: Store): Promise<Digests> {
    const digests = new Digests();
    let from = 'd';
    for (;;) {
      const page = await store.range({ from, before: 'e', limit: PAGE });
      for (const [key, bytes] of page) {
        digests.#load(key, bytes);
        from = `${key}\u0000`;
      }
      if (page.length < PAGE) return digests;
    }
  }

  /** The sums of a partition, live: read them at once, do not keep them. */
  of(partition: number): LeafSums {
    let sums = this.#sums.get(partition);
    if (sums === undefined) {
      sums = new LeafSums();
      this.#sums.set(partition, sums);
    }
    return sums;
  }

  /** Counts the changes of a partition: equal where nothing has changed. */
  revision(partition: number): number {
    return this.#revisions.get(partition) ?? 0;
  }

  /** A record goes from one state to another, in the transaction that does it. */
  move(
    transaction: Transaction,
    at: RecordKey,
    before: RecordSummary | undefined,
    after: RecordSummary | undefined,
  ): void {
    if (before?.fingerprint === after?.fingerprint && before?.live === after?.live) return;
    const leaf = leafOf(at);
    const sums = this.of(at.partition);
    if (before !== undefined) sums.add(leaf, before, -1);
    if (after !== undefined) sums.add(leaf, after, 1);
    this.#write(transaction, at.partition, leaf);
  }

  /** Sets right what a count found otherwise. */
  correct(
    transaction: Transaction,
    partition: number,
    counted: LeafSums,
    expected: LeafSums,
  ): void {
    this.of(partition).correct(counted, expected);
    for (let leaf = 0; leaf < LEAVES; leaf += 1) this.#write(transaction, partition, leaf);
  }

  #write(transaction: Transaction, partition: number, leaf: number): void {
    this.#revisions.set(partition, this.revision(partition) + 1);
    const key = `d${hexadecimal(partition)}${leaf.toString(16).padStart(2, '0')}`;
    transaction.put(key, encodeStored(key, this.of(partition).bytesOf(leaf)));
  }

  #load(key: string, bytes: Uint8Array): void {
    const partition = Number.parseInt(key.slice(1, 5), 16);
    const leaf = Number.parseInt(key.slice(5), 16);
    try {
      this.of(partition)
        .bytesOf(leaf)
        .set(decodeStored(key, bytes) as Uint8Array);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
    }
  }
}

/** The leaf that a key belongs to, 0 to 255: on all replicas the same. */
export function leafOf(at: RecordKey): number {
  return hash32Text(at.storageKey, LEAF_SEED) % LEAVES;
}

/** Any: replicas agree on it. */
const LEAF_SEED = 3;
