/** The blind writes of this node that are not answered yet, by key (architecture.md, W7). */
import type { RecordKey } from '../persistence/keyspace.js';
import { isAbove, type Stamped } from './blind-report.js';

/** In memory only: after a crash of the node none of them is ever answered. */
export class OpenBlindWrites {
  readonly #byKey = new Map<string, Stamped[]>();

  /** Of how many keys there are any. */
  get size(): number {
    return this.#byKey.size;
  }

  /** From its mint on. Returns what removes it, when it is answered or given up. */
  add({ storageKey }: RecordKey, version: Stamped): () => void {
    const open = this.#byKey.get(storageKey);
    if (open === undefined) this.#byKey.set(storageKey, [version]);
    else open.push(version);
    return () => {
      const left = (this.#byKey.get(storageKey) ?? []).filter((one) => one !== version);
      if (left.length === 0) this.#byKey.delete(storageKey);
      else this.#byKey.set(storageKey, left);
    };
  }

  /** Is one open with a higher stamp than this version has? */
  isAnyAbove({ storageKey }: RecordKey, version: Stamped): boolean {
    return this.#byKey.get(storageKey)?.some((one) => isAbove(one, version)) === true;
  }
}
