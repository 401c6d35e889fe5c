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

/**
 * Which of these may go, as far as their age and number say: all that are past their retention, and
 * the oldest of the others where there are too many. Those that go anyway count against the excess.
 */
export function dueOf<Ended extends { readonly milliseconds: number }>(
  ended: readonly Ended[],
  retention: Retention,
): Ended[] {
  const old = ended.filter(({ milliseconds }) => isPastRetention(milliseconds, retention));
  const surplus = Math.max(0, excessOf(retention) - old.length);
  const young = ended.filter(({ milliseconds }) => !isPastRetention(milliseconds, retention));
  return [...old, ...young.slice(0, surplus)];
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
