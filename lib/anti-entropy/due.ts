/** When tombstones and stubs are due: by age, or by number (docs/architecture.md, E2). Pure. */

export interface Retention {
  /** Of a sane clock; undefined: nobody here knows what time it is. */
  readonly nowMilliseconds: number | undefined;
  /** What ended later than this was dated by a wrong clock, and is of no known age. */
  readonly futureFromMilliseconds?: number | undefined;
  /** A record is kept for so long after its end, while there is room. */
  readonly retentionMilliseconds: number;
  /** Records of tombstones and stubs on this node. */
  readonly tombstones: number;
  /** Beyond it the oldest do not wait. */
  readonly tombstonesMax: number;
}

/** Records that ended before this are looked at; undefined: none are. */
export function dueUntil(retention: Retention): number | undefined {
  const { nowMilliseconds, retentionMilliseconds } = retention;
  if (excessOf(retention) > 0) return nowMilliseconds ?? Number.POSITIVE_INFINITY;
  return nowMilliseconds === undefined ? undefined : nowMilliseconds - retentionMilliseconds;
}

/** How many of these may go, the oldest first, as far as their age and number say. */
export function countDue(ends: readonly number[], retention: Retention): number {
  const old = ends.filter((end) => isPastRetention(end, retention)).length;
  return Math.min(ends.length, Math.max(old, excessOf(retention)));
}

/** Is it so long since this end, by age alone? */
export function isPastRetention(end: number, retention: Retention): boolean {
  const {
    nowMilliseconds: now = Number.NEGATIVE_INFINITY,
    futureFromMilliseconds: future = Number.POSITIVE_INFINITY,
    retentionMilliseconds,
  } = retention;
  return end < now - retentionMilliseconds || end >= future;
}

function excessOf({ tombstones, tombstonesMax }: Retention): number {
  return Math.max(0, tombstones - tombstonesMax);
}
