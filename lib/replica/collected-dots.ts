/** What this life has collected lately: a late copy of it is no sign of damage. */
import { LRUCache } from 'lru-cache';
import { type Context, covers } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import type { RecordKey } from '../persistence/keyspace.js';

/** Beyond it the other owners are asked what became of a version. */
const KEYS_MAX = 10_000;

export class CollectedDots {
  /** By storage key: the contexts of what was collected. */
  readonly #contexts = new LRUCache<string, Context>({ max: KEYS_MAX });

  note(at: RecordKey, context: Context): void {
    this.#contexts.set(at.storageKey, context);
  }

  /** Was the version there, or superseded, when the key was collected? */
  has(at: RecordKey, dot: Dot): boolean {
    const context = this.#contexts.get(at.storageKey);
    return context !== undefined && covers(context, dot);
  }
}
