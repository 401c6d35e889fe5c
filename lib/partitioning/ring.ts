/** The ring: Q equal slices of the hash space and the owners of each (Dynamo 4.2, strategy 3). */
import type { NodeId } from '../environment/transport.js';

/** A node as the ring knows it. */
export interface RingMember {
  readonly id: NodeId;
  /** `host:port` of the peer listener. */
  readonly address: string;
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
