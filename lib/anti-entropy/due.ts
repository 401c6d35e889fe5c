/** When tombstones and stubs are due: by age, or by number (docs/architecture.md, E2). Pure. */

export interface Retention {
  /** Of a sane clock; undefined: nobody here knows what time it is. */
  readonly nowMilliseconds: number | undefined;
  /** What died later than this was dated by a clock that was wrong, and is of no known age. */
  readonly futureFromMilliseconds?: number | undefined;
  /** So long after its death a record is kept, while there is room. */
  readonly retentionMilliseconds: number;
  /** Records of tombstones and stubs on this node. */
  readonly tombstones: number;
  /** Beyond it the oldest do not wait. */
  readonly tombstonesMax: number;
}

/** Up to when a record must have died to be looked at; undefined: none is. */
export function dueUntil(retention: Retention): number | undefined {
  const { nowMilliseconds, retentionMilliseconds } = retention;
  if (excessOf(retention) > 0) return nowMilliseconds ?? Number.POSITIVE_INFINITY;
  return nowMilliseconds === undefined ? undefined : nowMilliseconds - retentionMilliseconds;
}

/** How many of these may go, the oldest first, as far as their age and number say. */
export function countDue(deaths: readonly number[], retention: Retention): number {
  const {
    nowMilliseconds: now = Number.NEGATIVE_INFINITY,
    futureFromMilliseconds: future = Number.POSITIVE_INFINITY,
    retentionMilliseconds,
  } = retention;
  const isOld = (died: number): boolean => died < now - retentionMilliseconds || died >= future;
  return Math.min(deaths.length, Math.max(deaths.filter(isOld).length, excessOf(retention)));
}

function excessOf({ tombstones, tombstonesMax }: Retention): number {
  return Math.max(0, tombstones - tombstonesMax);
}
