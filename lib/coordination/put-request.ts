/** A put as the coordinator executes it, here or where it was passed on to. */
import type { Change } from '../persistence/intent.js';
import type { RecordKey } from '../persistence/records.js';
import type { Durability } from '../persistence/store.js';
import type { Context } from '../versioning/context.js';
import type { ConsistencyLevel } from './consistency-level.js';

export interface Put {
  readonly at: RecordKey;
  readonly change: Change;
  /** The writer's context; undefined: "replace what is there". */
  readonly seen: Context | undefined;
  /** The level, then its fallbacks. */
  readonly levels: readonly ConsistencyLevel[];
  readonly overwriteSiblings: boolean;
  readonly durability: Durability;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Of the node that the client talks to. */
  readonly zone: string;
  /** Did another node pass this on? It is not passed on again. */
  readonly forwarded: boolean;
}

export interface PutResult {
  readonly version: string;
  readonly seen: Context;
  readonly replaced: readonly string[];
  readonly level: string;
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
}
