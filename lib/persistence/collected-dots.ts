/** What this life has collected lately: a late copy of it is no sign of damage. */
import { type Context, covers } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import type { RecordKey } from './records.js';

/** Beyond it the other owners are asked what became of a version. */
const KEYS_MAX = 10_000;

export class CollectedDots {
  /** By storage key, the oldest first: the contexts of what was collected. */
  readonly #contexts = new Map<string, Context>();

  note(at: RecordKey, context: Context): void {
    this.#contexts.delete(at.storageKey);
    this.#contexts.set(at.storageKey, context);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > KEYS_MAX && oldest !== undefined) this.#contexts.delete(oldest);
  }

  /** Was the version there, or superseded, when the key was collected? */
  has(at: RecordKey, dot: Dot): boolean {
    const context = this.#contexts.get(at.storageKey);
    return context !== undefined && covers(context, dot);
  }
}
