/** When a node that ended starts again: later each time that it does not stay up, then never. */

const PAUSE_MILLISECONDS_MIN = 100;
const PAUSE_MILLISECONDS_MAX = 60_000;
/** Starts in a row of which none came to serve; and deaths too many, one after the other. */
const TRIES_MAX = 10;
/** So often in so long may it serve and die before that counts as thrashing. */
const DEATHS_MAX = 5;
const DEATHS_MILLISECONDS = 600_000;

export class RespawnPace {
  readonly #delayMilliseconds: number;
  #failed = 0;
  /** When it died, lately; few, since it is not started again after too many. */
  #deaths: readonly number[] = [];

  /** @param delayMilliseconds before the first try */
  constructor(delayMilliseconds: number) {
    this.#delayMilliseconds = delayMilliseconds;
  }

  /**
   * It served, and ended.
   * @param now on a monotonic clock
   * @returns milliseconds to wait, or undefined: it is not tried any more
   */
  served(now: number): number | undefined {
    this.#failed = 0;
    const lately = this.#deaths.filter((at) => now - at < DEATHS_MILLISECONDS);
    this.#deaths = [...lately, now].slice(-DEATHS_MAX - TRIES_MAX);
    return this.#pauseAfter(Math.max(0, this.#deaths.length - DEATHS_MAX));
  }

  /** A start failed. @returns as `served` */
  failed(): number | undefined {
    this.#failed += 1;
    return this.#pauseAfter(this.#failed);
  }

  #pauseAfter(tries: number): number | undefined {
    if (tries >= TRIES_MAX) return undefined;
    if (tries === 0) return this.#delayMilliseconds;
    const pause = Math.max(this.#delayMilliseconds, PAUSE_MILLISECONDS_MIN) * 2 ** tries;
    return Math.min(pause, Math.max(this.#delayMilliseconds, PAUSE_MILLISECONDS_MAX));
  }
}
