/** What a node gets at its start. Defaults, limits and reasons of the numbers are in config/. */
import type { AntiEntropyLimits } from './anti-entropy/anti-entropy.js';
import type { HandoffLimits } from './hints/handoff.js';
import type { ConsistencySettings } from './membership/settings-types.js';
import type { RingMember } from './partitioning/ring.js';
import type { DiskLimits } from './disk/disk.js';
import type { ReaperLimits } from './replica/reaper.js';
import type { CustomResolver } from './resolution/custom.js';

/** A node of the founding list, and where it can be called. */
export interface Founder extends RingMember {
  /** `host:port` of its peer listener. A hint: it may change. */
  readonly address: string;
}

export interface NodeOptions {
  readonly id: string;
  /** Of this software: what status reports. */
  readonly version: string;
  /** `host:port` where clients reach it, for status; undefined: others could not use it. */
  readonly clientAddress?: string | undefined;
  /** Name of the cluster: part of the ring's identity, and never another one on the same disk. */
  readonly cluster: string;
  readonly partitionCount: number;
  readonly replicaCount: number;
  /** The founders, this node among them: the same explicit list at every founder. */
  readonly founders: readonly Founder[];
  /** The cluster's secret, at least 32 bytes. */
  readonly secret: Uint8Array;
  /** What the cluster's settings are until somebody changes them. */
  readonly consistency: ConsistencySettings;
  /** The strategy `custom`; the same function on every node. */
  readonly customResolver?: CustomResolver | undefined;
  /** Of a session token; undefined: 4,096. Less makes partitions flags sooner. */
  readonly sessionTokenCharactersMax?: number | undefined;
  readonly limits: NodeLimits;
}

/** Sizes in bytes, times in milliseconds; defaults and reasons in config/. */
export interface NodeLimits extends DiskLimits, AntiEntropyLimits, HandoffLimits, ReaperLimits {
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  /** So long the outcome of a write with an Idempotency-Key is remembered. */
  readonly operationRetentionMilliseconds: number;
  readonly customTimeMaxMilliseconds: number;
  readonly hedgeDelayMilliseconds: number;
  /** Requests of this node that may wait for one peer. */
  readonly peerRequestsMax: number;
  readonly heartbeatIntervalMilliseconds: number;
  readonly heartbeatsMissedSuspect: number;
  readonly heartbeatsMissedDead: number;
  readonly clockSkewMaxMilliseconds: number;
  readonly clockPersistIntervalMilliseconds: number;
  readonly backgroundConcurrency: number;
}
