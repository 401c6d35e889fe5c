/** Walks over all that lies under a prefix, a page in each turn, again and again. */
import type { StorageEntry } from '../environment/storage.js';
import { type KeyRange, keyAfter, rangeOf } from './keyspace.js';
import type { Store } from './store.js';

export class Rounds {
  readonly #store: Pick<Store, 'range'>;
  readonly #all: KeyRange;
  readonly #limit: number;
  /** Where the next turn begins. */
  #from: string;

  /** @param limit entries of a page */
  constructor(store: Pick<Store, 'range'>, prefix: string, limit: number) {
    this.#store = store;
    this.#all = rangeOf(prefix);
    this.#limit = limit;
    this.#from = this.#all.from;
  }

  /** The turn after it goes on behind this page, whatever becomes of this one. */
  async next(): Promise<StorageEntry[]> {
    const page = await this.#store.range({ ...this.#all, from: this.#from, limit: this.#limit });
    const last = page.at(-1)?.[0];
    const isEnd = page.length < this.#limit || last === undefined;
    this.#from = isEnd ? this.#all.from : keyAfter(last);
    return page;
  }
}
