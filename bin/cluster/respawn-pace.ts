/** When a node that ended starts again: later each time that it does not come up, then never. */

const PAUSE_MILLISECONDS_MIN = 100;
const PAUSE_MILLISECONDS_MAX = 60_000;
/** Starts in a row of which none came to serve. */
const FAILED_STARTS_MAX = 10;

export class RespawnPace {
  readonly #delayMilliseconds: number;
  #failed = 0;

  /** @param delayMilliseconds before the first try */
  constructor(delayMilliseconds: number) {
    this.#delayMilliseconds = delayMilliseconds;
  }

  /** It served, and ended. @returns milliseconds to wait */
  served(): number {
    this.#failed = 0;
    return this.#delayMilliseconds;
  }

  /** A start failed. @returns milliseconds to wait, or undefined: it is not tried any more */
  failed(): number | undefined {
    this.#failed += 1;
    if (this.#failed >= FAILED_STARTS_MAX) return undefined;
    const pause = Math.max(this.#delayMilliseconds, PAUSE_MILLISECONDS_MIN) * 2 ** this.#failed;
    return Math.min(pause, Math.max(this.#delayMilliseconds, PAUSE_MILLISECONDS_MAX));
  }
}
