/** How often owners are asked what they hold: only while somebody wants to know. Pure. */

/** So long after the last request that wanted it. */
const WANTED_MILLISECONDS = 60_000;
const INTERVAL_MIN_MILLISECONDS = 50;
const INTERVAL_MAX_MILLISECONDS = 25_600;
/** A proof is to be asked for several times within the age that is allowed. */
const QUESTIONS_WITHIN_BOUND = 3;

/** A few intervals, each twice the one before: whoever names any bound adds at most one of them. */
export class FeedDemand {
  /** By interval, when it was wanted last, on the monotonic clock. */
  readonly #wanted = new Map<number, number>();

  /** @param maxMilliseconds the age that a request allows */
  note(maxMilliseconds: number, now: number): void {
    this.#wanted.set(intervalFor(maxMilliseconds), now);
  }

  /** The shortest that is wanted; undefined: nobody wants any. */
  intervalAt(now: number): number | undefined {
    let shortest: number | undefined;
    for (const [interval, wantedAt] of this.#wanted) {
      if (now - wantedAt > WANTED_MILLISECONDS) this.#wanted.delete(interval);
      else if (shortest === undefined || interval < shortest) shortest = interval;
    }
    return shortest;
  }
}

/** The longest of the intervals that is short enough, or the shortest of all. */
function intervalFor(maxMilliseconds: number): number {
  const enough = maxMilliseconds / QUESTIONS_WITHIN_BOUND;
  let interval = INTERVAL_MIN_MILLISECONDS;
  while (2 * interval <= Math.min(enough, INTERVAL_MAX_MILLISECONDS)) interval *= 2;
  return interval;
}
