/** What a simulated disk has lost without a trace, until its node knows. */
import type { StorageEntry, Range } from '../../lib/environment/storage.js';

export class VanishedKeys {
  readonly #keys = new Set<string>();
  /** Those that would have been found since, had they been there. */
  readonly #sought = new Set<string>();

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#keys.values();
  }

  add(key: string): void {
    this.#keys.add(key);
    this.#sought.delete(key);
  }

  delete(key: string): void {
    this.#keys.delete(key);
  }

  clear(): void {
    this.#keys.clear();
  }

  /** A page was read. */
  read({ from, before, limit }: Range, page: readonly StorageEntry[]): void {
    const end = page.length === limit ? (page.at(-1)?.[0] ?? before) : before;
    for (const key of this.#keys) if (key >= from && key < end) this.#sought.add(key);
  }

  /** What is gone of a range is known to be. @param onlySought but what nobody has sought since */
  known({ from, before }: Pick<Range, 'from' | 'before'>, onlySought: boolean): void {
    for (const key of this.#keys) {
      const isKnown = !onlySought || this.#sought.has(key);
      if (isKnown && key >= from && key < before) this.#keys.delete(key);
    }
  }
}
