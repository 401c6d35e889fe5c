/** What a replica makes of a state that comes from elsewhere, before it takes it (C3, D4). */
import { type Dot, dotText } from '../versioning/dot.js';
import { filterIncoming } from '../versioning/filter.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import type { CollectedDots } from './collected-dots.js';
import type { PartitionHealth } from './health.js';
import type { PartitionClocks } from './partition-clocks.js';
import type { StoredRecord } from './record-table.js';
import type { RecordKey } from './records.js';

/** What comes of an incoming state beside the own one. */
export interface Look {
  readonly own: StoredRecord | undefined;
  readonly incoming: Siblings;
  /** Without what has ended here; the very same object where that is all. */
  readonly admitted: Siblings;
  /** Versions that were dropped, as the record says or as its collection did. */
  readonly superseded: number;
  readonly collected: number;
  /** Seen here, and neither held nor covered: the other owners must be asked first. */
  readonly unaccounted: readonly Dot[];
}

const NONE: readonly Dot[] = [];

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
    return { own, incoming, admitted: incoming, superseded: 0, collected: 0, unaccounted: NONE };
  }
  const filtered = filterIncoming(clocks.of(at.partition), own?.siblings, incoming);
  const { admitted, superseded } = filtered;
  if (filtered.unaccounted.length === 0) {
    return { own, incoming, admitted, superseded, collected: 0, unaccounted: NONE };
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
    unaccounted: filtered.unaccounted.filter(left).map(({ dot }) => dot),
  };
}
