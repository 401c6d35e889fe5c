/** A put as the coordinator executes it, here or where it was passed on to. */
import type { Condition } from '../../consensus/decision.js';
import type { Once } from '../../consensus/once.js';
import type { Change } from '../../replica/intent.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { Durability } from '../../persistence/store.js';
import type { Seen } from '../../versioning/context.js';
import type { DroppedVersion } from '../../resolution/audit-entry.js';
import type { PartitionFloor } from '../../versioning/session-token.js';
import type { Explanation } from './explanation.js';
import type { ConsistencyLevel } from './level.js';

/** A put that stands for siblings: what its audit entry will say. */
export interface Resolving {
  readonly strategy: string;
  readonly by: string;
  /** The siblings. Where they are others by now, the put fails with `version_changed`. */
  readonly dropped: readonly DroppedVersion[];
}

export interface Put {
  readonly at: RecordKey;
  readonly change: Change;
  /** The writer's context; undefined: "replace what is there". */
  readonly seen: Seen | undefined;
  /** The level, then its fallbacks. */
  readonly levels: readonly ConsistencyLevel[];
  readonly durability: Durability;
  readonly resolving?: Resolving | undefined;
  /** At `strong`: what must hold of the values that it replaces. */
  readonly condition?: Condition | undefined;
  /** It takes effect once, at `strong`. */
  readonly once?: Once | undefined;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Of the node that the client talks to. */
  readonly zone: string;
  /** Did another node pass this on? It is not passed on again. */
  readonly forwarded: boolean;
  /** What the session of the request has seen of the partition; undefined: it is of none. */
  readonly session: PartitionFloor | undefined;
  /** Of a causal write: what its session has seen of all keys, as it is stored. */
  readonly past: Uint8Array | undefined;
  /** Where the request wants to know how its answer came about. */
  readonly explanation?: Explanation | undefined;
}

export interface PutResult {
  readonly version: string;
  /** Hybrid time. */
  readonly writtenAt: number;
  /** With the stamp of the new version. */
  readonly seen: Seen;
  readonly replaced: readonly string[];
  /** Live versions that it has found and left. */
  readonly beside: readonly string[];
  /** Of a blind write: the version of its claim, where it made one. */
  readonly claim: string | undefined;
  readonly level: string;
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
}
