/** Comparisons of all replicas of a key, after an answer: some at once, the rest in turn. */
import { assert } from '../../errors.js';
import type { RecordKey } from '../../persistence/keyspace.js';

export interface Comparison {
  readonly at: RecordKey;
  /** Was the repair promised? Then it waits for its turn, however many there are. */
  readonly isPromised: boolean;
}

/** Most comparisons that wait; each keeps one key in memory. */
const WAITING_MAX = 1000;

export class Comparisons {
  readonly #concurrency: number;
  readonly #compare: (comparison: Comparison, done: () => void) => void;
  readonly #waiting: Comparison[] = [];
  #comparing = 0;
  #isBeginning = false;

  /** @param compare `done` is called once */
  constructor(concurrency: number, compare: (comparison: Comparison, done: () => void) => void) {
    this.#concurrency = concurrency;
    this.#compare = compare;
  }

  /** False: this one was promised, and no more may wait. */
  add(comparison: Comparison): boolean {
    if (this.#comparing < this.#concurrency) {
      this.#begin(comparison);
      return true;
    }
    if (!comparison.isPromised) return true;
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(comparison);
    return true;
  }

  #begin(comparison: Comparison): void {
    this.#comparing += 1;
    this.#compare(comparison, () => {
      this.#comparing -= 1;
      assert(this.#comparing >= 0, 'a comparison ends once');
      this.#beginWaiting();
    });
  }

  /** In a loop: where no other owner is up, one ends in the step that begins it. */
  #beginWaiting(): void {
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    while (this.#comparing < this.#concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#begin(next);
    }
    this.#isBeginning = false;
  }
}
