/** Large bodies and answers take turns: each of them keeps the event loop busy for milliseconds. */
import { LARGE_BYTES } from '../../encoding/large.js';
import type { Clock } from '../../environment/clock.js';

/** First come, first served. What waits is bounded by what is admitted. */
export class LargeTurns {
  readonly #clock: Clock;
  readonly #together: (run: () => void) => void;
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** @param together runs it after what this turn of the event loop has read */
  constructor(clock: Clock, together: (run: () => void) => void) {
    this.#clock = clock;
    this.#together = together;
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
    // A timer that is due already may fire in the turn that set it: since Node 22 it does.
    this.#clock.after(0, () => this.#together(() => this.#pass()));
  }
  #pass(): void {
    this.#taken = false;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#take(next);
  }
}
