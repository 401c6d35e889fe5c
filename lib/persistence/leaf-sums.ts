/** Sums over the records of a partition, leaf by leaf: what trees are built over (Dynamo 4.7). */
import { type Hash64Parts, hash32Text, hash64Parts } from '../encoding/hash.js';
import { fingerprint, type Siblings } from '../versioning/siblings.js';
import { checksumTextOf } from './checksummed.js';
import type { RecordKey } from './keyspace.js';

/** Leaves of a partition: branches of `LEAVES_A_BRANCH` each. */
export const BRANCHES_A_PARTITION = 16;
export const LEAVES_A_BRANCH = 16;
export const LEAVES_A_PARTITION = BRANCHES_A_PARTITION * LEAVES_A_BRANCH;
/** Of the sums over a leaf's live records, as they travel. */
export const LEAF_BYTES = 8;

/**
 * What a digest says of one thing that is stored. It is hashed when a digest asks first, and not
 * again when it is taken away.
 */
export class Summary {
  readonly storageKey: string;
  readonly fingerprint: string;
  /** Is it a record that holds a value? Only those are compared with other replicas. */
  readonly live: boolean;
  #hash: Hash64Parts | undefined;

  constructor(storageKey: string, fingerprintText: string, live: boolean) {
    this.storageKey = storageKey;
    this.fingerprint = fingerprintText;
    this.live = live;
  }

  /** Of its hash, with its key: what sums add up. */
  get hash(): Hash64Parts {
    this.#hash ??= hash64Parts(`${this.storageKey}\u0000${this.fingerprint}`);
    return this.#hash;
  }
}

/** Of a record. One without a value may be collected elsewhere already: it is not compared. */
export class RecordSummary extends Summary {
  /** Does it hold more than one value? */
  readonly inConflict: boolean;

  constructor(storageKey: string, siblings: Siblings) {
    const values = valuesIn(siblings);
    super(storageKey, fingerprint(siblings), values > 0);
    this.inConflict = values > 1;
  }
}

/** What is stored for consensus: by the checksum that it has. */
export class ItemSummary extends Summary {
  constructor(storageKey: string, bytes: Uint8Array) {
    super(storageKey, checksumTextOf(bytes), false);
  }
}

function valuesIn({ versions }: Siblings): number {
  let values = 0;
  for (const { state } of versions) if (state === 'value') values += 1;
  return values;
}

/**
 * Numbers of one leaf. Sums of the two parts of hashes modulo 2^32, so that one record moves them
 * without its neighbours being read.
 */
const COUNT = 0;
const ALL = 1;
const LIVE = 3;
export const FIELDS = 5;

/** All leaves of a partition, leaf after leaf. */
export class LeafSums {
  readonly #numbers: Uint32Array;

  constructor(numbers = new Uint32Array(LEAVES_A_PARTITION * FIELDS)) {
    this.#numbers = numbers;
  }

  /** Adds what is stored (`sign` 1), or takes it away (-1). */
  add(leaf: number, record: Summary, sign: 1 | -1): void {
    const { low, high } = record.hash;
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
    const bytes = Buffer.allocUnsafe(LEAVES_A_PARTITION * LEAF_BYTES);
    for (let leaf = 0; leaf < LEAVES_A_PARTITION; leaf += 1) {
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
    for (let leaf = 0; leaf < LEAVES_A_PARTITION; leaf += 1)
      count += this.#numbers[leaf * FIELDS + COUNT] ?? 0;
    return count;
  }

  /** All `LEAVES_A_PARTITION` times `FIELDS` numbers, live: a view. */
  get numbers(): Uint32Array {
    return this.#numbers;
  }

  /** The `FIELDS` numbers of a leaf, live: a view. */
  numbersOf(leaf: number): Uint32Array {
    return this.#numbers.subarray(leaf * FIELDS, (leaf + 1) * FIELDS);
  }

  /** Such an array keeps what is left modulo 2^32. */
  #move(index: number, by: number): void {
    this.#numbers[index] = (this.#numbers[index] ?? 0) + by;
  }
}

/** The leaf that a key belongs to, 0 to 255: on all replicas the same. */
export function leafOf(at: Pick<RecordKey, 'storageKey'>): number {
  return hash32Text(at.storageKey, LEAF_SEED) % LEAVES_A_PARTITION;
}

/** Any: replicas agree on it. */
const LEAF_SEED = 3;
