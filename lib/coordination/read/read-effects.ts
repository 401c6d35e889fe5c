/** The effects that a read core returns, and the events that it is given (read-core.ts). */
import type { ShownAtLeast } from '../../rpc/hot-messages.js';
import type { NodeId } from '../../environment/transport.js';
import type { OperatingError } from '../../errors.js';
import type { RenderingPlace } from '../../persistence/record-table.js';
import type { Plan } from '../../replication/plan.js';
import type { Standing } from '../../replication/quorum.js';
import type { Siblings } from '../../versioning/siblings.js';
import type { StalenessBound } from '../request/staleness-demand.js';
import type { SessionFloor } from './cover.js';
import type { Core } from '../engine/engine.js';
import type { Attempt } from '../request/level.js';
import type { Ask, Copy } from './read-round.js';
import type { RepairWrite, StoredRepair } from './repair-core.js';

/** What a read waits for. */
export type ReadStage =
  | 'asking'
  /** A state was met by its fingerprint alone: all are asked in full. */
  | 'asking in full'
  /** What the session has seen is not all there: the other primaries are asked, too. */
  | 'widening'
  /** A miss at a weak level is a claim: the other primaries are asked first. */
  | 'asking the rest'
  | 'asking the rest in full'
  | 'repairing'
  | 'awaiting the repair'
  | 'asking stand-ins'
  | 'over';

/** Stages of a level: when its share of the time is over, the next level has its turn. */
export const SHARES_TIME: readonly ReadStage[] = ['asking', 'asking in full', 'repairing'];

/** Stages in which the level has been reached, and other replicas are asked as well. */
export const WAITS_FOR_OTHERS: readonly ReadStage[] = [
  'widening',
  'asking the rest',
  'asking the rest in full',
];

export interface ReadCoreOptions {
  readonly plan: Plan;
  /** The level, then its fallbacks. */
  readonly attempts: readonly Attempt[];
  /** Until the deadline of the request. */
  readonly timeoutMilliseconds: number;
  /** The hedge delay in milliseconds, given the nodes that were asked and the time that is left. */
  readonly patience: (asked: readonly NodeId[], leftMilliseconds: number) => number;
  /** Has every value of it ended, or been deleted? */
  readonly isMiss: (merged: Siblings | undefined) => boolean;
  /** `X-Read-Repair: await`: all that lag hold the merge, or have failed, before the answer. */
  readonly awaitsRepair: boolean;
  readonly standing: Standing;
  /** What must not be missing; undefined: the request is of no session. */
  readonly session: SessionFloor | undefined;
}

export interface Got {
  /** Undefined: no record. */
  readonly merged: Siblings | undefined;
  /** Where what is made of the merge may lie. */
  readonly place?: RenderingPlace | undefined;
  readonly level: string;
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
  /** Does a majority of the owners hold the merge durably, as the level promises? */
  readonly atMajority: boolean;
  /** Had the replicas that the level asks not seen all that the session has? */
  readonly widened: boolean;
  /** How old it can be, where that was asked for. */
  readonly bound?: StalenessBound | undefined;
}

export type ReadEffect =
  /** Ask this replica; the answer comes with the number of the round. */
  | ({ readonly do: 'ask'; readonly round: number; readonly atLeast: ShownAtLeast } & Ask)
  /** Write the merge to this replica; the answer comes with the number of the repair. */
  | ({ readonly do: 'repair'; readonly repair: number; readonly merged: Siblings } & RepairWrite)
  /** The repair of this replica failed. */
  | { readonly do: 'repair failed'; readonly node: NodeId; readonly merged: Siblings }
  /** The others were slow, and so many more are asked. */
  | { readonly do: 'count hedges'; readonly count: number }
  /** A replica has dropped what was about to be answered: all is asked again (R5). */
  | { readonly do: 'count begun anew' }
  /** Ask what is held for absent primaries. */
  | { readonly do: 'ask stand-in'; readonly node: NodeId }
  | { readonly do: 'answer'; readonly got: Got }
  | { readonly do: 'refuse'; readonly error: OperatingError };

/** A course that asks replicas and repairs them. */
export interface Repairing<Effect> extends Core<Effect> {
  said(round: number, copy: Copy): readonly Effect[];
  failed(round: number, node: NodeId, why?: OperatingError): readonly Effect[];
  repaired(
    repair: number,
    node: NodeId,
    stored: StoredRepair | undefined,
    why?: OperatingError,
  ): readonly Effect[];
}
