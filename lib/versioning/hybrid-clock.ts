/** Hybrid logical time (Kulkarni et al. 2014): near the wall clock, never back. For display. */
const STEPS_PER_MILLISECOND = 1000;

/** Times are integers: wall milliseconds times 1,000 plus a counter; they read as microseconds. */
export class HybridClock {
  readonly #wallMilliseconds: () => number;
  #last = 0;

  constructor(wallMilliseconds: () => number) {
    this.#wallMilliseconds = wallMilliseconds;
  }

  /** Greater than every time that this clock gave or was shown. */
  now(): number {
    const wall = Math.floor(this.#wallMilliseconds()) * STEPS_PER_MILLISECOND;
    this.#last = Math.max(wall, this.#last + 1);
    return this.#last;
  }
}

/** The wall milliseconds of a hybrid time. */
export function millisecondsOf(hybrid: number): number {
  return Math.floor(hybrid / STEPS_PER_MILLISECOND);
}
