/** Which dot was minted last for a key, in 40 to 80 bytes, however long the keys are. */
import { type Hash64Parts, hash64Parts } from '../encoding/hash.js';
import type { Dot } from '../versioning/dot.js';
import type { Writer } from '../versioning/writer.js';
import type { RecordKey } from '../persistence/keyspace.js';

/** The hash of a key. Of 10^8 nodes with a million keys each, about 3 have two equal hashes. */
export type MintedKey = Hash64Parts;

export function mintedKey({ storageKey }: RecordKey): MintedKey {
  return hash64Parts(storageKey);
}

const SLOTS_MIN = 256;
/** Of a slot: nothing was ever there; what was there is not any more. */
const EMPTY = 0;
const DELETED = -1;

/** A hash table with linear probing, at most half full. */
export class MintedKeys {
  #hashes = new Int32Array(2 * SLOTS_MIN);
  #numbers = new Float64Array(SLOTS_MIN);
  /** Places in the list of writers. */
  #minters = new Uint32Array(SLOTS_MIN);
  readonly #writers: Writer[] = [];
  readonly #places = new Map<Writer, number>();
  #used = 0;

  /** How many it holds, with those that were deleted. */
  get used(): number {
    return this.#used;
  }

  get(key: MintedKey): Dot | undefined {
    const slot = this.#slotOf(key);
    const n = this.#numbers[slot] ?? EMPTY;
    const writer = this.#writers[this.#minters[slot] ?? 0];
    return n > 0 && writer !== undefined ? { writer, n } : undefined;
  }

  /** @param dot its number is 1 or more */
  set(key: MintedKey, { writer, n }: Dot): void {
    let place = this.#places.get(writer);
    if (place === undefined) {
      place = this.#writers.push(writer) - 1;
      this.#places.set(writer, place);
    }
    this.#put(key, n, place);
  }

  delete(key: MintedKey): void {
    const slot = this.#slotOf(key);
    // The slot stays taken: others may lie behind it.
    if (this.#numbers[slot] !== EMPTY) this.#numbers[slot] = DELETED;
  }

  #put(key: MintedKey, n: number, place: number): void {
    const slot = this.#slotOf(key);
    const isNew = this.#numbers[slot] === EMPTY;
    this.#hashes[2 * slot] = key.low;
    this.#hashes[2 * slot + 1] = key.high;
    this.#numbers[slot] = n;
    this.#minters[slot] = place;
    if (!isNew) return;
    this.#used += 1;
    if (2 * this.#used > this.#numbers.length) this.#grow();
  }

  /** Where the key lies, or would. */
  #slotOf({ low, high }: MintedKey): number {
    const mask = this.#numbers.length - 1;
    let slot = low & mask;
    while (
      this.#numbers[slot] !== EMPTY &&
      (this.#hashes[2 * slot] !== low || this.#hashes[2 * slot + 1] !== high)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [hashes, numbers, minters] = [this.#hashes, this.#numbers, this.#minters];
    this.#hashes = new Int32Array(2 * hashes.length);
    this.#numbers = new Float64Array(2 * numbers.length);
    this.#minters = new Uint32Array(2 * numbers.length);
    this.#used = 0;
    numbers.forEach((n, slot) => {
      if (n <= 0) return;
      const key = { low: hashes[2 * slot] ?? 0, high: hashes[2 * slot + 1] ?? 0 };
      this.#put(key, n, minters[slot] ?? 0);
    });
  }
}
