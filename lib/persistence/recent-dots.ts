/** From a dot to its key: a bounded log of the dots that came last (docs/architecture.md, C5). */
import { type Dot, dotText } from '../versioning/dot.js';
import type { RecordKey } from './keyspace.js';

interface Entry {
  readonly dot: Dot;
  readonly at: RecordKey;
}

/**
 * Where it does not reach back, whoever asks scans the partition. Every write adds to it, and few
 * ask: what was added is indexed when somebody does.
 */
export class RecentDots {
  readonly #countMax: number;
  /** The i-th that was added lies at i modulo `countMax`. */
  readonly #log: Entry[] = [];
  #added = 0;
  #indexed = 0;
  readonly #keys = new Map<string, RecordKey>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  add(dot: Dot, at: RecordKey): void {
    if (this.#countMax === 0) return;
    const place = this.#added % this.#countMax;
    const oldest = this.#log[place];
    if (oldest !== undefined && this.#added - this.#countMax < this.#indexed) {
      this.#keys.delete(dotText(oldest.dot));
    }
    this.#log[place] = { dot, at };
    this.#added += 1;
  }

  keyOf(dot: Dot): RecordKey | undefined {
    this.#indexed = Math.max(this.#indexed, this.#added - this.#countMax);
    for (; this.#indexed < this.#added; this.#indexed += 1) {
      const entry = this.#log[this.#indexed % this.#countMax];
      if (entry !== undefined) this.#keys.set(dotText(entry.dot), entry.at);
    }
    return this.#keys.get(dotText(dot));
  }
}
