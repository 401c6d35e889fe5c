/** The ring: Q equal slices of the hash space and the owners of each (Dynamo 4.2, strategy 3). */
import type { NodeId } from '../environment/transport.js';
import { assert } from '../errors.js';
import { at } from './numbers.js';

/** A node as the ring knows it. Where it can be called is no part of the ring: addresses change. */
export interface RingMember {
  readonly id: NodeId;
  /** Failure domain; copies go to N of them where there are enough. */
  readonly zone: string;
  /** Share of the partitions relative to the others; > 0. */
  readonly weight: number;
}

/** Immutable. Two nodes with equal hashes hold the same ring. */
export interface Ring {
  readonly cluster: string;
  /** Counts ring changes; the founded ring is 1. */
  readonly epoch: number;
  /** Q: a power of two, 1 to 4,096. */
  readonly partitionCount: number;
  /** N as configured; with fewer nodes a key has as many replicas as there are nodes. */
  readonly replicaCount: number;
  /** Ascending by id. */
  readonly members: readonly RingMember[];
  /** owners[partition]: min(N, members) distinct indexes into `members`, the preferred first. */
  readonly owners: readonly (readonly number[])[];
  /** Identity: 16 hexadecimal digits over everything above. */
  readonly hash: string;
}

interface Owners {
  readonly ids: readonly NodeId[];
  readonly members: readonly RingMember[];
}

/** Owners of every partition, worked out once a ring: every request looks them up. */
const ownersByRing = new WeakMap<Ring, readonly Owners[]>();

/** The owners of a partition, the preferred first. The same array at every call. */
export function ownersOf(ring: Ring, partition: number): readonly NodeId[] {
  return lookUp(ring, partition).ids;
}

/** The same, with what the ring knows of them. */
export function owningMembers(ring: Ring, partition: number): readonly RingMember[] {
  return lookUp(ring, partition).members;
}

function lookUp(ring: Ring, partition: number): Owners {
  let all = ownersByRing.get(ring);
  if (all === undefined) {
    all = ring.owners.map((row) => {
      const members = row.map((index) => at(ring.members, index));
      return { members, ids: members.map(({ id }) => id) };
    });
    ownersByRing.set(ring, all);
  }
  const owners = all[partition];
  assert(owners !== undefined, 'a partition is 0 to Q - 1');
  return owners;
}

/** Partitions that a node owns a copy of, ascending; none where it is no member. */
export function ownedPartitions(ring: Ring, nodeId: NodeId): number[] {
  const node = ring.members.findIndex((member) => member.id === nodeId);
  return ring.owners.flatMap((row, partition) => (row.includes(node) ? [partition] : []));
}
