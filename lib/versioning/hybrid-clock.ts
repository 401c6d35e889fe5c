/** Hybrid logical time (Kulkarni et al. 2014): near the wall clock, never back (W6). */
const STEPS_PER_MILLISECOND = 1000;

/** Times are integers: wall milliseconds times 1,000 plus a counter; they read as microseconds. */
export class HybridClock {
  readonly #wallMilliseconds: () => number;
  #last = 0;

  constructor(wallMilliseconds: () => number) {
    this.#wallMilliseconds = wallMilliseconds;
  }

  /** Greater than every time that this clock gave. */
  now(): number {
    const wall = Math.floor(this.#wallMilliseconds()) * STEPS_PER_MILLISECOND;
    this.#last = Math.max(wall, this.#last + 1);
    return this.#last;
  }
}

/**
 * The receive rule: the time of what follows something that was stamped `shown`. It is kept with
 * the key, in what is stamped with it, and does not move the clock: the wrong clock of one node
 * would spread to all keys of the others.
 * @param now of the clock of this node
 */
export function stampAfter(now: number, shown: number): number {
  return Math.max(now, shown + 1);
}

/** The wall milliseconds of a hybrid time. */
export function millisecondsOf(hybrid: number): number {
  return Math.floor(hybrid / STEPS_PER_MILLISECOND);
}
