/** From a dot to its key: a bounded log of the dots that came last (docs/architecture.md, C5). */
import { type Dot, dotText } from '../versioning/dot.js';
import type { Writer } from '../versioning/writer.js';

/** A key that is longer than this leaves less room for others. */
const KEY_BYTES_AIM = 128;

/**
 * Where it does not reach back, whoever asks scans the partition. Every write adds to it, and few
 * ask: what was added is indexed when somebody does. Columns instead of an object an entry: so
 * many objects that live for so long are what collecting garbage takes its time for.
 */
export class RecentDots {
  readonly #countMax: number;
  /** Of all stored keys that it holds, in characters. */
  readonly #charactersMax: number;
  #characters = 0;
  /** The i-th that was added lies at i modulo `countMax`, in each column. */
  readonly #writers: Writer[] = [];
  readonly #numbers: number[] = [];
  readonly #storageKeys: string[] = [];
  #added = 0;
  /** The earliest that is still held. */
  #first = 0;
  #indexed = 0;
  readonly #keys = new Map<string, string>();

  constructor(countMax: number) {
    this.#countMax = countMax;
    this.#charactersMax = countMax * KEY_BYTES_AIM;
  }

  add({ writer, n }: Dot, storageKey: string): void {
    if (this.#countMax === 0) return;
    if (this.#added - this.#first === this.#countMax) this.#dropFirst();
    const place = this.#added % this.#countMax;
    this.#writers[place] = writer;
    this.#numbers[place] = n;
    this.#storageKeys[place] = storageKey;
    this.#added += 1;
    this.#characters += storageKey.length;
    while (this.#characters > this.#charactersMax) this.#dropFirst();
  }

  /** Where its record lies. */
  storageKeyOf(dot: Dot): string | undefined {
    this.#indexed = Math.max(this.#indexed, this.#first);
    for (; this.#indexed < this.#added; this.#indexed += 1) {
      const place = this.#indexed % this.#countMax;
      this.#keys.set(this.#dotAt(place), this.#storageKeys[place] ?? '');
    }
    return this.#keys.get(dotText(dot));
  }

  #dropFirst(): void {
    const place = this.#first % this.#countMax;
    if (this.#first < this.#indexed) this.#keys.delete(this.#dotAt(place));
    this.#characters -= this.#storageKeys[place]?.length ?? 0;
    this.#writers[place] = '';
    this.#storageKeys[place] = '';
    this.#first += 1;
  }

  #dotAt(place: number): string {
    return dotText({ writer: this.#writers[place] ?? '', n: this.#numbers[place] ?? 0 });
  }
}
