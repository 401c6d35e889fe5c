/** What a placement is judged by, counted anew from its owners. For tests and the ring report. */
import type { Ring } from '../../../lib/partitioning/ring.js';

type Placed = Pick<Ring, 'members' | 'owners'>;

/** Copies each node owns, by index. */
export function ownedCopies({ members, owners }: Placed): number[] {
  const counts = members.map(() => 0);
  for (const row of owners) for (const node of row) counts[node] = (counts[node] ?? 0) + 1;
  return counts;
}

/** Partitions each node is preferred for, by index. */
export function firstPlaces({ members, owners }: Placed): number[] {
  const counts = members.map(() => 0);
  for (const row of owners) if (row[0] !== undefined) counts[row[0]] = (counts[row[0]] ?? 0) + 1;
  return counts;
}

/** For each partition the ids of its owners. */
function ownerIds({ members, owners }: Placed): (string | undefined)[][] {
  return owners.map((row) => row.map((node) => members[node]?.id));
}

/** Copies that a node owns after the change and did not own before. */
export function movedCopies(before: Placed, after: Placed): number {
  const beforeIds = ownerIds(before);
  return ownerIds(after)
    .map((row, partition) => row.filter((id) => !beforeIds[partition]?.includes(id)).length)
    .reduce((total, count) => total + count, 0);
}
