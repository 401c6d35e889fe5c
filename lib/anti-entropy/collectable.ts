/** When a record of tombstones and stubs may be removed (docs/architecture.md, E2): pure. */
import type { Context } from '../versioning/context.js';
import type { PartitionClock } from '../versioning/partition-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import type { VersionVector } from '../versioning/version-vector.js';

/** Why such a record stays; undefined: it may be removed. */
export type BlockedReason =
  | 'holds a value'
  | 'owner under rebuild'
  | 'not seen by all'
  | 'proposal not settled'
  | 'held as a value';

/** What one owner says. */
export interface OwnerState {
  /** As it is on its disk; undefined while the partition is under rebuild there. */
  readonly persisted: PartitionClock | undefined;
  /** Does it hold one of the stubs as a value: its clock has not judged it yet? */
  readonly holdsValue: boolean;
}

/**
 * Every owner, this node too, must have seen on its disk, without a gap, all that the record's
 * context covers: then no owner can hold or be sent a version that only this record still ends.
 */
export function blockedReasonOf(
  siblings: Siblings,
  owners: readonly OwnerState[],
): BlockedReason | undefined {
  if (siblings.versions.some(({ state }) => state === 'value')) return 'holds a value';
  if (owners.some(({ persisted }) => persisted === undefined)) return 'owner under rebuild';
  const covered = coveredBy(siblings.context);
  if (owners.some(({ persisted }) => persisted?.coversWithoutGap(covered) !== true)) {
    return 'not seen by all';
  }
  return owners.some(({ holdsValue }) => holdsValue) ? 'held as a value' : undefined;
}

/** Of each writer the highest number that the context covers. */
export function coveredBy({ vector, beyond }: Context): VersionVector {
  const covered = new Map(vector);
  for (const { writer, n } of beyond) covered.set(writer, Math.max(n, covered.get(writer) ?? 0));
  return covered;
}
