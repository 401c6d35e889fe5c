/** When something was proven here, how old that is, and whether the clock can be trusted. */

/** A moment of this node. */
export interface ProofMoment {
  /** On the monotonic clock, milliseconds. */
  readonly at: number;
  /** What the wall clock showed beyond that. */
  readonly skew: number;
}

/**
 * A monotonic clock may run slower by a tenth. An age is reported longer by this factor, so that
 * it is never too short in real time.
 */
const SLOWEST = 9 / 8;

/**
 * Whole milliseconds, in real time at most. What the wall clock has gone on beyond the monotonic
 * one counts: a machine that was suspended has not counted it.
 */
export function ageOf({ at, skew }: ProofMoment, now: ProofMoment): number {
  return Math.ceil(Math.max(0, now.at - at) * SLOWEST + Math.max(0, now.skew - skew));
}

/**
 * Has the machine been standing still meanwhile, with its monotonic clock? Then the wall clock has
 * gone on alone, and an age says nothing.
 */
export function hasStoodStill(
  then: ProofMoment,
  now: ProofMoment,
  toleranceMilliseconds: number,
): boolean {
  return Math.abs(now.skew - then.skew) > toleranceMilliseconds;
}

/** The one that lies further back; undefined where either is not known. */
export function earlier(
  a: ProofMoment | undefined,
  b: ProofMoment | undefined,
): ProofMoment | undefined {
  if (a === undefined || b === undefined) return undefined;
  return b.at < a.at ? b : a;
}
