/** The keys with the largest contexts and records, as far as this start has seen them. */
import { parseStoredNamespace } from '../partitioning/namespace.js';
import type { Observer } from '../environment/observer.js';
import type { Siblings } from '../versioning/siblings.js';
import { contextBytesOf, type RecordLimits } from './record-limits.js';
import type { RecordKey } from './keyspace.js';

/** A key that comes near a limit beyond which writes that make it larger are refused. */
export interface LargeKey {
  readonly what: 'context' | 'siblings';
  readonly namespace: string;
  /** Its first characters. */
  readonly key: string;
  readonly bytes: number;
  /** Writers in the context, or versions. */
  readonly entries: number;
  readonly limit: number;
}

/** Of each kind. */
const KEYS_MAX = 16;
const KEY_CHARACTERS_MAX = 64;
/** From this share of a limit on a key is reported. */
const SHARE = 0.5;

export class LargestKeys {
  readonly #limits: RecordLimits;
  readonly #observer: Observer;
  readonly #contexts: Largest;
  readonly #siblings: Largest;

  constructor(limits: RecordLimits, observer: Observer) {
    this.#limits = limits;
    this.#observer = observer;
    this.#contexts = new Largest(observer);
    this.#siblings = new Largest(observer);
  }

  /** Called for every record that is read from the disk or written. */
  note(at: RecordKey, { context, versions }: Siblings, bytes: number): void {
    const { contextBytesMax, recordBytesMax } = this.#limits;
    const entries = context.vector.size + context.beyond.length;
    const kind = { what: 'context', entries, limit: contextBytesMax } as const;
    if (this.#contexts.note(at, contextBytesOf(context), kind)) this.#measure();
    // One value may be as large as it is: siblings pile up.
    const together = versions.length > 1 ? bytes : 0;
    const { length } = versions;
    const pile = { what: 'siblings', entries: length, limit: recordBytesMax } as const;
    this.#siblings.note(at, together, pile);
  }

  /** The record is gone. */
  forget({ storageKey }: RecordKey): void {
    this.#siblings.forget(storageKey);
    if (this.#contexts.forget(storageKey)) this.#measure();
  }

  /** Those above half of their limit, the nearest to it first. */
  get alarming(): LargeKey[] {
    return [...this.#contexts.keys, ...this.#siblings.keys]
      .filter(({ bytes, limit }) => bytes > SHARE * limit)
      .sort((a, b) => b.bytes / b.limit - a.bytes / a.limit);
  }

  #measure(): void {
    let [bytes, entries] = [0, 0];
    for (const one of this.#contexts.keys) {
      bytes = Math.max(bytes, one.bytes);
      entries = Math.max(entries, one.entries);
    }
    this.#observer.measure('quorate_largest_context_bytes', bytes);
    this.#observer.measure('quorate_largest_context_entries', entries);
  }
}

/** A bounded list. What is smaller than all of a full one is not noted, and costs no look at it. */
class Largest {
  readonly #observer: Observer;
  readonly #largest = new Map<string, LargeKey>();
  /** Of the smallest in a full list. */
  #floor = 0;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  get keys(): Iterable<LargeKey> {
    return this.#largest.values();
  }

  /** @returns whether the list has changed */
  note(
    { storageKey, namespace, key }: RecordKey,
    bytes: number,
    kind: Pick<LargeKey, 'what' | 'entries' | 'limit'>,
  ): boolean {
    if (bytes <= this.#floor && !this.#largest.has(storageKey)) return false;
    const before = this.#largest.get(storageKey)?.bytes ?? 0;
    if (bytes === before) return false;
    const { name } = parseStoredNamespace(namespace);
    const large = { ...kind, namespace: name, key: key.slice(0, KEY_CHARACTERS_MAX), bytes };
    if (bytes === 0) this.#largest.delete(storageKey);
    else this.#largest.set(storageKey, large);
    this.#trim();
    const half = SHARE * kind.limit;
    if (before <= half && bytes > half) {
      this.#observer.log('warn', 'a key has come near a limit of its size', large);
    }
    return true;
  }

  forget(storageKey: string): boolean {
    const was = this.#largest.delete(storageKey);
    if (was) this.#trim();
    return was;
  }

  #trim(): void {
    let [smallest, floor] = ['', Number.POSITIVE_INFINITY];
    for (const [storageKey, { bytes }] of this.#largest) {
      if (bytes < floor) [smallest, floor] = [storageKey, bytes];
    }
    if (this.#largest.size > KEYS_MAX) {
      this.#largest.delete(smallest);
      // At least: the next one that is noted counts anew.
      this.#floor = floor;
    } else this.#floor = this.#largest.size < KEYS_MAX ? 0 : floor;
  }
}
