/**
 * The filter: what of an incoming state a replica takes. What has ended stays so (architecture.md,
 * C3).
 */
import { covers } from './context.js';
import type { PartitionClock } from './partition-clock.js';
import type { Siblings, Version } from './siblings.js';
import { find } from './siblings.js';

export interface Filtered {
  /** The incoming state without what was dropped; the very same object where nothing was. */
  readonly admitted: Siblings;
  /** Seen here before, and superseded since: the record's context covers them. */
  readonly superseded: number;
  /** Seen here before, but the record neither holds nor covers them: collected, or lost here. */
  readonly unaccounted: readonly Version[];
}

const NONE: readonly Version[] = [];

/**
 * Drops, version by version, what the partition's clock has seen and the own record holds no more.
 * What is unaccounted stays admitted; the caller decides, since only it knows what was collected.
 */
export function filterIncoming(
  clock: Pick<PartitionClock, 'has'>,
  own: Siblings | undefined,
  incoming: Siblings,
): Filtered {
  // Mostly all is new here.
  if (!incoming.versions.some(({ dot }) => clock.has(dot))) {
    return { admitted: incoming, superseded: 0, unaccounted: NONE };
  }
  let superseded = 0;
  const unaccounted: Version[] = [];
  const kept = incoming.versions.filter((version) => {
    if (!clock.has(version.dot)) return true;
    if (own !== undefined && find(own, version.dot) !== undefined) return true;
    if (own !== undefined && covers(own.context, version.dot)) {
      superseded += 1;
      return false;
    }
    unaccounted.push(version);
    return true;
  });
  const admitted = superseded === 0 ? incoming : { ...incoming, versions: kept };
  return { admitted, superseded, unaccounted };
}
