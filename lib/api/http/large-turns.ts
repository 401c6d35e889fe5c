/** Large bodies and answers take turns: each of them keeps the event loop busy for milliseconds. */
import { LARGE_BYTES } from '../../encoding/large.js';
import type { Clock } from '../../environment/clock.js';

/** First come, first served. What waits is bounded by what is admitted. */
export class LargeTurns {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves in a turn of the event loop that no other large one has, so that small requests are
   * answered in between; undefined, and nothing to wait for, where so many bytes are few.
   */
  next(bytes: number): Promise<void> | undefined {
    if (bytes < LARGE_BYTES) return undefined;
    return new Promise((resolve) => {
      if (this.#taken) this.#waiting.push(resolve);
      else this.#take(resolve);
    });
  }

  #take(enter: () => void): void {
    this.#taken = true;
    enter();
    this.#clock.after(0, () => {
      this.#taken = false;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#take(next);
    });
  }
}
