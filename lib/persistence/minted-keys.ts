/** Which number was minted last for a key, in 32 to 64 bytes, however long the keys are. */
import { type Halves, hash64Halves } from '../encoding/hash.js';
import type { Writer } from '../versioning/writer.js';
import type { RecordKey } from './records.js';

/** Of a writer and a key. Among a million of them two are taken for one in 3 of 10^8 nodes. */
export type MintedKey = Halves;

export function mintedKey(writer: Writer, { storageKey }: RecordKey): MintedKey {
  return hash64Halves(`${writer}\u0000${storageKey}`);
}

const SLOTS_MIN = 256;
/** Of a slot: nothing was ever there; what was there is not any more. */
const EMPTY = 0;
const DELETED = -1;

/** A hash table with linear probing, at most half full. */
export class MintedKeys {
  #hashes = new Int32Array(2 * SLOTS_MIN);
  #numbers = new Float64Array(SLOTS_MIN);
  #used = 0;

  /** How many it holds, with those that were deleted. */
  get used(): number {
    return this.#used;
  }

  get(key: MintedKey): number | undefined {
    const n = this.#numbers[this.#slotOf(key)] ?? EMPTY;
    return n > 0 ? n : undefined;
  }

  /** @param n 1 or more */
  set(key: MintedKey, n: number): void {
    const slot = this.#slotOf(key);
    const isNew = this.#numbers[slot] === EMPTY;
    this.#hashes[2 * slot] = key.low;
    this.#hashes[2 * slot + 1] = key.high;
    this.#numbers[slot] = n;
    if (!isNew) return;
    this.#used += 1;
    if (2 * this.#used > this.#numbers.length) this.#grow();
  }

  delete(key: MintedKey): void {
    const slot = this.#slotOf(key);
    // The slot stays taken: others may lie behind it.
    if (this.#numbers[slot] !== EMPTY) this.#numbers[slot] = DELETED;
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
    const [hashes, numbers] = [this.#hashes, this.#numbers];
    this.#hashes = new Int32Array(2 * hashes.length);
    this.#numbers = new Float64Array(2 * numbers.length);
    this.#used = 0;
    numbers.forEach((n, slot) => {
      if (n > 0) this.set({ low: hashes[2 * slot] ?? 0, high: hashes[2 * slot + 1] ?? 0 }, n);
    });
  }
}
