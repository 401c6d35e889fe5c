/** What a replica makes of a state that comes from elsewhere, before it takes it (C3, D4). */
import { type Dot, dotText } from '../versioning/dot.js';
import { filterIncoming } from '../versioning/filter.js';
import { find, type Siblings, type Version } from '../versioning/siblings.js';
import type { CollectedDots } from './collected-dots.js';
import type { PartitionHealth } from './health.js';
import type { PartitionClocks } from './partition-clocks.js';
import type { StoredRecord } from '../persistence/record-table.js';
import type { RecordKey } from '../persistence/keyspace.js';

/** What comes of an incoming state beside the own one. */
export interface Look {
  readonly own: StoredRecord | undefined;
  readonly incoming: Siblings;
  /** Without what has ended here; the very same object where that is all. */
  readonly admitted: Siblings;
  /** Versions that were dropped, as the record says or as its collection did. */
  readonly superseded: number;
  readonly collected: number;
  /** Was a value among those that were collected? */
  readonly valueCollected: boolean;
  /** Seen here, and neither held nor covered: the other owners must be asked first. */
  readonly unaccounted: readonly Dot[];
}

const NOTHING_GONE = { collected: 0, valueCollected: false, unaccounted: [] } as const;

interface Known {
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly collected: CollectedDots;
}

/**
 * The incoming state beside the own, without what has ended here. Under rebuild nothing is known.
 * @param dropped versions of which the other owners said that they were collected
 */
export function lookAt(
  { clocks, health, collected }: Known,
  at: RecordKey,
  own: StoredRecord | undefined,
  incoming: Siblings,
  dropped: ReadonlySet<string>,
): Look {
  if (health.isRebuilding(at.partition)) {
    return { ...NOTHING_GONE, own, incoming, admitted: incoming, superseded: 0 };
  }
  const filtered = filterIncoming(clocks.of(at.partition), own?.siblings, incoming);
  const { admitted, superseded } = filtered;
  if (filtered.unaccounted.length === 0) {
    return { ...NOTHING_GONE, own, incoming, admitted, superseded };
  }
  const gone = filtered.unaccounted.filter(
    ({ dot }) => dropped.has(dotText(dot)) || collected.has(at, dot),
  );
  const left = (version: Version): boolean => !gone.includes(version);
  return {
    own,
    incoming,
    admitted: { ...admitted, versions: admitted.versions.filter(left) },
    superseded,
    collected: gone.length,
    valueCollected: gone.some(({ state }) => state === 'value'),
    unaccounted: filtered.unaccounted.filter(left).map(({ dot }) => dot),
  };
}

/**
 * What became of the values of a state that was merged, where not all are live in the record now:
 * one was dropped as collected, or none was, and one is superseded or has expired.
 */
export type Fate = 'collected' | 'ended';

export function fateIn(merged: Siblings, incoming: Siblings): Fate | undefined {
  if (merged === incoming) return undefined;
  const isLive = ({ dot, state }: Version): boolean =>
    state !== 'value' || find(merged, dot)?.state === 'value';
  return incoming.versions.every(isLive) ? undefined : 'ended';
}
