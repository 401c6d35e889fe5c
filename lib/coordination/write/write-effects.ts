/** The effects that a write core returns, and the events that it is given (write-core.ts). */
import type { NodeId } from '../../environment/transport.js';
import type { OperatingError } from '../../errors.js';
import type { BlindReport, ConcurrentVersion } from '../../replica/blind-report.js';
import type { Siblings } from '../../versioning/siblings.js';
import type { PartitionFloor } from '../../versioning/session-token.js';
import type { AskEffect } from './prior-read.js';
import type { Plan } from '../../replication/plan.js';
import type { Standing } from '../../replication/quorum.js';
import type { Attempt } from '../request/level.js';
import type { PutResult } from '../request/put-request.js';

/** What a write waits for. */
export type WriteStage =
  | 'beginning'
  | 'forwarding a resolution'
  | 'forwarding'
  | 'covering'
  | 'settling'
  | 'asking'
  | 'minting'
  | 'minting as stand-in'
  | 'copying'
  | 'deciding'
  | 'waiting'
  | 'claiming'
  | 'over';

export interface WriteCoreOptions {
  readonly plan: Plan;
  /** The level, then its fallbacks. */
  readonly attempts: readonly Attempt[];
  /** Until the deadline of the request. */
  readonly timeoutMilliseconds: number;
  /** Did another node pass this on? It is not passed on again. */
  readonly isForwarded: boolean;
  /** Does it resolve siblings? All nodes mint the resolutions of a key at the same primary. */
  readonly isResolution: boolean;
  /** Why this primary cannot mint; undefined: it can. */
  readonly mintRefusal: OperatingError | undefined;
  /** Has it no context, and replaces what is there? Then it takes what it meets (W7). */
  readonly isBlind: boolean;
  /** Is something accepted here at `strong` and not learned? What it replaces is settled first. */
  readonly hasAcceptance: boolean;
  /** Must it know what is there before it is minted, at levels that ask for it? */
  readonly asksFirst: boolean;
  /** What its session has seen: it is minted on what covers that; undefined: it is of none. */
  readonly session: PartitionFloor | undefined;
  /** The hedge delay in milliseconds, given the nodes that were asked and the time that is left. */
  readonly patience: (asked: readonly NodeId[], leftMilliseconds: number) => number;
  readonly standing: Standing;
}

/** What was reached. */
export interface AchievedLevel {
  readonly level: string;
  /** Primaries that hold the write as durably as asked. */
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
}

/** A stand-in takes the place of an absent primary. */
export interface HintPlace {
  readonly target: NodeId;
  readonly holder: NodeId;
}

/** A primary holds what was sent as durably as asked. */
export interface WriteAcknowledgement {
  /** In which start of the primary. */
  readonly start: number;
  /** Of a blind write: what else the primary holds; undefined: nothing. */
  readonly report?: BlindReport | undefined;
}

/** Which of the two states that one write may send. */
export type CopyKind = 'write' | 'claim';

/** The own record of a blind write; undefined: collected; an error: it vouches for nothing. */
export type OwnRecordState = BlindReport | OperatingError | undefined;

export type WriteEffect =
  /** Pass the request on to this primary. */
  | { readonly do: 'forward'; readonly node: NodeId }
  | AskEffect
  /** Take into the own record what the session has seen, before it is minted on. */
  | { readonly do: 'cover'; readonly floor: PartitionFloor }
  /** Let the proposer settle what is accepted here, and take it into the own record (K12). */
  | { readonly do: 'settle' }
  /** Mint on the own record and `known`, and hold hints for `targets` in the same transaction. */
  | {
      readonly do: 'mint';
      readonly known: Siblings | undefined;
      readonly targets: readonly NodeId[];
      /** May it take concurrent versions? Then it is open until it is answered. */
      readonly isOpen: boolean;
    }
  /** Mint on the merge of the hints that are held here. */
  | { readonly do: 'mint as stand-in' }
  /** Look at the own record, and say at once what it holds. */
  | { readonly do: 'look' }
  /** Take these in the same step as the look, with hints as at the mint. */
  | {
      readonly do: 'claim';
      readonly taken: readonly ConcurrentVersion[];
      readonly reports: readonly BlindReport[];
      readonly targets: readonly NodeId[];
    }
  /** Send what was minted, or claimed, to this primary. */
  | { readonly do: 'copy'; readonly node: NodeId; readonly sent: CopyKind }
  /** What was minted is to be held for an absent primary. */
  | ({ readonly do: 'hold' } & HintPlace)
  /** `left`: live versions that a blind write has found beside it and not replaced. */
  | {
      readonly do: 'answer';
      readonly reached: AchievedLevel;
      readonly left: readonly ConcurrentVersion[];
    }
  /** What the node that minted it says. */
  | { readonly do: 'pass on'; readonly result: PutResult }
  | { readonly do: 'refuse'; readonly error: OperatingError };
