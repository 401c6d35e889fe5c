/** What a node reports of its cluster: status, ring, where a key lies (docs/operations.md). */
import type { LargeKey } from '../persistence/largest-keys.js';
import type { DiskState } from './disk-state.js';
import type { LevelAvailability } from './level-availability.js';

export interface MemberStatus {
  readonly id: string;
  /** Where its peer listener is, as far as is known now. */
  readonly address: string;
  /** The version of peer messages on the link to it; undefined where there is none. */
  readonly protocol: number | undefined;
  readonly zone: string;
  readonly weight: number;
  readonly state: 'up' | 'suspect' | 'down';
  /** Smoothed; undefined where there was no answer yet. */
  readonly round_trip_ms: number | undefined;
  /** Its own answer, where it gave one in time. */
  readonly report: NodeReport | undefined;
}

/** What lies on the disk of a node. */
export interface StoredCounts {
  /** Of which it holds a value. */
  readonly keys: number;
  readonly keys_in_conflict: number;
  /** Undefined: the engine cannot know. */
  readonly disk_used_bytes: number | undefined;
  readonly disk_free_bytes: number | undefined;
}

/** What a node says of itself. */
export interface NodeReport {
  readonly id: string;
  readonly version: string;
  readonly start: number;
  readonly uptime_s: number;
  readonly epoch: number;
  readonly ring_hash: string;
  readonly settings_version: string;
  readonly partitions_owned: number;
  readonly hints: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  readonly storage: DiskState;
  /** Undefined where the disk cannot be read. */
  readonly stored?: StoredCounts | undefined;
  /** Is its clock near those of the others? The skew is undefined where it knows too few. */
  readonly clock: { readonly sane: boolean; readonly skew_ms: number | undefined };
  /** The keys that are nearest to a limit of their size, above half of it: at most three. */
  readonly large_keys?: readonly LargeKey[] | undefined;
  /** `host:port` of its listener for clients, where others can be referred to it. */
  readonly client_address?: string | undefined;
  /** Smoothed, to each node that has answered. */
  readonly round_trips_ms?: Readonly<Record<string, number>> | undefined;
  /** How it sees the others. */
  readonly sees: Readonly<Record<string, 'up' | 'suspect' | 'down'>>;
  /** Nodes that it has found and that are not who they should be, in sentences. */
  readonly identity: readonly string[];
}

export interface ClusterStatus {
  readonly cluster: string;
  /** Random, agreed at the founding; empty before it. */
  readonly cluster_id: string;
  readonly node: string;
  readonly epoch: number;
  readonly ring_hash: string;
  readonly partitions: number;
  readonly replicas: number;
  /** min(replicas, nodes): as many copies as a key really has. */
  readonly replicas_effective: number;
  readonly nodes: readonly MemberStatus[];
  /** Partitions with fewer than all, and with less than a majority, of their owners up. */
  readonly partitions_under_replicated: number;
  readonly partitions_without_quorum: number;
  readonly alerts: readonly string[];
  readonly verdict: 'ok' | 'degraded' | 'failing';
}

export interface RingView {
  readonly cluster: string;
  readonly epoch: number;
  readonly hash: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly members: readonly {
    readonly id: string;
    readonly address: string;
    readonly zone: string;
    readonly weight: number;
    readonly partitions_owned: number;
    readonly partitions_first: number;
  }[];
  /** owners[partition]: node ids, the preferred first. */
  readonly owners: readonly (readonly string[])[];
}

export interface LocateView {
  readonly namespace: string;
  readonly key: string;
  readonly partition: number;
  readonly epoch: number;
  readonly primaries: readonly {
    readonly node: string;
    readonly zone: string;
    readonly up: boolean;
  }[];
  readonly stand_ins: readonly string[];
}

export interface LevelsView {
  readonly node: string;
  readonly zone: string;
  readonly partitions: number;
  readonly levels: readonly LevelAvailability[];
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not, or not for everything, in one sentence. */
  readonly reason: string | undefined;
}

export interface ClusterControl {
  /** Asks every other node for its report, within a second at most. */
  status(timeoutMilliseconds?: number): Promise<ClusterStatus>;
  ring(): RingView;
  locate(namespace: string, key: string): LocateView;
  /** How many partitions reach each level now, as this node sees their owners. */
  levels(): LevelsView;
  /** Without a level: can this node coordinate? With one: can it be reached for every partition? */
  readiness(level: string | undefined): Readiness;
}
