/** Which nodes own which partitions: even, over zones, and with few moves (docs/ring.md). */
import { assert } from '../errors.js';
import type { Layout } from './assignment.js';
import { Assignment } from './assignment.js';
import { placeChanged } from './changed-placement.js';
import { placeFresh } from './fresh-placement.js';
import { at, upTo } from './numbers.js';
import { balancePreference } from './preference-order.js';
import { quotas, zoneBounds } from './quota.js';
import type { Ring, RingMember } from './ring.js';

export interface PlacementInput {
  /** In any order, each id once. */
  readonly members: readonly RingMember[];
  readonly partitionCount: number;
  readonly replicaCount: number;
  /** The ring before a change: what can stay with its owner stays. */
  readonly previous?: Pick<Ring, 'members' | 'owners'>;
}

/**
 * The owners of each partition, min(N, members) of them, the preferred first, as indexes into the
 * members sorted by id (`sortedMembers`). A pure function: the order of the members is no matter.
 */
export function place(input: PlacementInput): number[][] {
  const members = sortedMembers(input.members);
  assert(members.length > 0, 'a ring has members');
  const previousOwners = translate(input, members);
  const layout = layoutOf(input, members, previousOwners);
  const assignment = new Assignment(layout);
  if (previousOwners === undefined) placeFresh(assignment);
  else
    placeChanged(
      assignment,
      previousOwners.map((row) => row.filter((node) => node !== GONE)),
    );
  const owners = upTo(layout.partitionCount).map((partition) => {
    const begin = partition * layout.copies;
    const row = Array.from(assignment.slots.subarray(begin, begin + layout.copies));
    return previousOwners === undefined ? row : inOldPlaces(row, at(previousOwners, partition));
  });
  balancePreference(owners, members.length);
  return owners;
}

/** Members ascending by id (by UTF-16 code units, whatever the locale). */
export function sortedMembers(members: readonly RingMember[]): RingMember[] {
  return [...members].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
}

/** A previous owner that is no member any more. */
const GONE = -1;

/** The previous owners as indexes into the new members. */
function translate(input: PlacementInput, members: readonly RingMember[]): number[][] | undefined {
  if (input.previous === undefined) return undefined;
  const { members: previousMembers, owners } = input.previous;
  assert(owners.length === input.partitionCount, 'the number of partitions never changes');
  const indexes = new Map(members.map((member, index) => [member.id, index]));
  const now = previousMembers.map((member) => indexes.get(member.id) ?? GONE);
  return owners.map((row) => row.map((index) => at(now, index)));
}

function layoutOf(
  { partitionCount, replicaCount }: PlacementInput,
  members: readonly RingMember[],
  previousOwners: readonly (readonly number[])[] | undefined,
): Layout {
  const copies = Math.min(replicaCount, members.length);
  const names = [...new Set(members.map((member) => member.zone))].sort();
  const zoneIndexes = new Map(names.map((name, index) => [name, index]));
  const zones = members.map((member) => zoneIndexes.get(member.zone) ?? 0);
  const zoneSizes = names.map((_, zone) => zones.filter((other) => other === zone).length);
  const bounds = zoneBounds(zoneSizes, copies);
  const held = members.map(() => 0);
  for (const row of previousOwners ?? []) {
    for (const node of row) if (node !== GONE) held[node] = at(held, node) + 1;
  }
  const shares = members.map(({ weight }, index) => ({
    zone: at(zones, index),
    weight,
    held: at(held, index),
  }));
  return {
    partitionCount,
    copies,
    zones,
    bounds,
    quotas: quotas(shares, partitionCount, copies, bounds),
  };
}

/** Owners that stay keep their place in the order; newcomers fill the places that became free. */
function inOldPlaces(row: readonly number[], previousRow: readonly number[]): number[] {
  const newcomers = row.filter((node) => !previousRow.includes(node));
  const places = previousRow.map((node) => (row.includes(node) ? node : newcomers.shift()));
  return [...places.filter((node) => node !== undefined), ...newcomers];
}
