/** What every ring keeps: one list for rings that are founded and rings that arrive as bytes. */
import { isPartitionCount, PARTITION_COUNT_MAX } from './partition.js';
import type { Ring, RingMember } from './ring.js';
import { sortedMembers } from './placement.js';

/** Nodes of a ring at most. */
export const MEMBERS_MAX = 1_000;
/** N at most. */
export const REPLICA_COUNT_MAX = 100;
/** Weights may differ this much: shares stay exact in a double. */
export const WEIGHT_MIN = 0.001;
export const WEIGHT_MAX = 1_000_000;

/** A field and what it must be. */
export interface BrokenRule {
  readonly field: string;
  readonly rule: string;
}

interface Rule extends BrokenRule {
  readonly holds: (ring: Unplaced) => boolean;
}

/** A ring without its owners. */
export type Unplaced = Pick<Ring, 'cluster' | 'partitionCount' | 'replicaCount' | 'members'>;

const everyMember =
  (holds: (member: RingMember) => boolean) =>
  ({ members }: Unplaced) =>
    members.every(holds);

const RULES: readonly Rule[] = [
  {
    field: 'cluster',
    rule: 'a name that is not empty',
    holds: ({ cluster }) => cluster !== '',
  },
  {
    field: 'partitionCount',
    rule: `a power of two, 1 to ${PARTITION_COUNT_MAX}`,
    holds: ({ partitionCount }) => isPartitionCount(partitionCount),
  },
  {
    field: 'replicaCount',
    rule: `an integer, 1 to ${REPLICA_COUNT_MAX}`,
    holds: ({ replicaCount }) => isIntegerWithin(replicaCount, 1, REPLICA_COUNT_MAX),
  },
  {
    field: 'members',
    rule: `1 to ${MEMBERS_MAX} nodes`,
    holds: ({ members }) => isIntegerWithin(members.length, 1, MEMBERS_MAX),
  },
  {
    field: 'members.id',
    rule: 'not empty, and of one node only',
    holds: ({ members }) =>
      new Set(members.map(({ id }) => id)).size === members.length &&
      members.every(({ id }) => id !== ''),
  },
  {
    field: 'members.weight',
    rule: `a number, ${WEIGHT_MIN} to ${WEIGHT_MAX}`,
    holds: everyMember(({ weight }) => weight >= WEIGHT_MIN && weight <= WEIGHT_MAX),
  },
];

/** The first rule about cluster, Q, N and members that does not hold. */
export function brokenRule(ring: Unplaced): BrokenRule | undefined {
  return RULES.find(({ holds }) => !holds(ring));
}

/** Whether members are sorted and owners complete, distinct and among them. */
export function isPlaced(ring: Omit<Ring, 'hash'>): boolean {
  const copies = Math.min(ring.replicaCount, ring.members.length);
  const sorted = sortedMembers(ring.members).every(
    (member, index) => member === ring.members[index],
  );
  return (
    sorted &&
    isIntegerWithin(ring.epoch, 1, Number.MAX_SAFE_INTEGER) &&
    ring.owners.length === ring.partitionCount &&
    ring.owners.every(
      (row) =>
        row.length === copies &&
        new Set(row).size === copies &&
        row.every((node) => isIntegerWithin(node, 0, ring.members.length - 1)),
    )
  );
}

function isIntegerWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
