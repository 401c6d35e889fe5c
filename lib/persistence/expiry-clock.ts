/** By which clock a node judges what has expired and how old things are (architecture.md, E1). */

/** Implemented by membership; used by all that reads, mints, reaps or looks for what is old. */
export interface ExpiryClock {
  /** Wall milliseconds; undefined where this node's clock is not sane: then nothing has expired. */
  now(): number | undefined;
  /** Wall milliseconds to date something with: those of the others where the own are not sane. */
  stamp(): number;
  /** As `stamp`; undefined where too few clocks are known to judge whether the own is right. */
  agreed(): number | undefined;
  /** Sane clocks are no further from the median of all. */
  readonly skewMaxMilliseconds: number;
}

/**
 * The moment from which on no sane clock can have dated anything yet. What is dated later was dated
 * by a clock that was wrong: nobody knows its age, and it counts as old, else it would wait until
 * then.
 * @param now of a sane clock
 */
export function futureFrom(now: number, { skewMaxMilliseconds }: ExpiryClock): number {
  return now + 2 * skewMaxMilliseconds;
}

/** Is it so long ago? Without a sane clock nothing is. Infinite ages are never reached. */
export function isOlderThan(
  moment: number,
  ageMilliseconds: number,
  clock: ExpiryClock,
  now: number | undefined = clock.now(),
): boolean {
  if (now === undefined || !Number.isFinite(ageMilliseconds)) return false;
  return now - moment > ageMilliseconds || moment > futureFrom(now, clock);
}
