/** Assembles one node from an environment and options. */
import type { ApiNode } from './api/api-node.js';
import type { ConsistencySettings } from './membership/settings-types.js';
import type { RingMember } from './partitioning/ring.js';

export interface NodeOptions {
  readonly id: string;
  /** Name of the cluster: part of the ring's identity. */
  readonly cluster: string;
  readonly partitionCount: number;
  readonly replicaCount: number;
  /** The founders, this node among them: the same explicit list at every founder. */
  readonly founders: readonly RingMember[];
  /** The cluster's secret, at least 32 bytes. */
  readonly secret: Uint8Array;
  /** What the cluster's settings are until somebody changes them. */
  readonly consistency: ConsistencySettings;
  readonly limits: NodeLimits;
}

/** Sizes in bytes, times in milliseconds; defaults in config/. */
export interface NodeLimits {
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
  readonly valueBytesMax: number;
  readonly contextBytesMax: number;
  readonly recordBytesMax: number;
  readonly hedgeDelayMilliseconds: number;
  readonly requestsInFlightMax: number;
  readonly requestBytesInFlightMax: number;
  readonly heartbeatIntervalMilliseconds: number;
  readonly heartbeatsMissedSuspect: number;
  readonly heartbeatsMissedDead: number;
  readonly storageQueueBytesMax: number;
  readonly recordCacheBytesMax: number;
  readonly clockPersistIntervalMilliseconds: number;
  readonly hintsBytesMax: number;
  readonly hintBatchSize: number;
  readonly hintRetryIntervalMilliseconds: number;
  readonly backgroundConcurrency: number;
}

/** A node: start it, use its `api`, stop it. */
export interface QuorateNode extends ApiNode {
  /** Loads what is stored and opens the peer links; resolves before the cluster is founded. */
  start(): Promise<void>;
  /** Resolves when requests are served; rejects where the founding is refused. */
  ready(): Promise<void>;
  /** Finishes what is under way, syncs, closes. */
  stop(): Promise<void>;
}
