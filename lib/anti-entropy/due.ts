/** When the dead are old enough to go, or too many to wait (docs/architecture.md, E2): pure. */

export interface Retention {
  readonly nowMilliseconds: number;
  /** So long after its death a record is kept, while there is room. */
  readonly retentionMilliseconds: number;
  /** Records of the dead on this node. */
  readonly dead: number;
  /** Beyond it the oldest do not wait. */
  readonly deadMax: number;
}

/** Up to when a record must have died to be looked at. */
export function dueUntil(retention: Retention): number {
  const { nowMilliseconds, retentionMilliseconds } = retention;
  return excessOf(retention) > 0 ? nowMilliseconds : nowMilliseconds - retentionMilliseconds;
}

/** How many of these may go, the oldest first, as far as their age and number say. */
export function countDue(deaths: readonly number[], retention: Retention): number {
  const { nowMilliseconds, retentionMilliseconds } = retention;
  const old = deaths.filter((died) => died < nowMilliseconds - retentionMilliseconds).length;
  return Math.min(deaths.length, Math.max(old, excessOf(retention)));
}

function excessOf({ dead, deadMax }: Retention): number {
  return Math.max(0, dead - deadMax);
}
