/** A map from text to anything, with ranges in the order of storage engines. */
import { compareUtf8 } from '../../lib/encoding/utf8-order.js';

export class SortedMap<T> {
  readonly #entries: Map<string, T>;
  /** Of all keys; undefined where one came or went since it was made. */
  #order: string[] | undefined;

  constructor(entries: Iterable<readonly [string, T]> = []) {
    this.#entries = new Map(entries);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  set(key: string, value: T): void {
    if (!this.#entries.has(key)) this.#order = undefined;
    this.#entries.set(key, value);
  }

  delete(key: string): boolean {
    const was = this.#entries.delete(key);
    if (was) this.#order = undefined;
    return was;
  }

  clear(): void {
    this.#entries.clear();
    this.#order = undefined;
  }

  [Symbol.iterator](): Iterator<readonly [string, T]> {
    return this.#entries[Symbol.iterator]();
  }

  /** Keys from `from`, inclusive, to `before`, exclusive. */
  keysIn(from: string, before: string, limit = Number.POSITIVE_INFINITY): string[] {
    this.#order ??= [...this.#entries.keys()].sort(compareUtf8);
    const keys: string[] = [];
    for (let i = firstNotBelow(this.#order, from); keys.length < limit; i += 1) {
      const key = this.#order[i];
      if (key === undefined || compareUtf8(key, before) >= 0) break;
      keys.push(key);
    }
    return keys;
  }
}

function firstNotBelow(order: readonly string[], from: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(order[middle] ?? '', from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
