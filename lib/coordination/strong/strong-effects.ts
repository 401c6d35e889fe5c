/** The effects that a strong core returns, and the events that it is given (strong-core.ts). */
import type { NodeId } from '../../environment/transport.js';
import type { Applied } from '../../consensus/effects.js';
import type { Ballot } from '../../consensus/ballot.js';
import type { OnceState } from '../../consensus/once.js';
import type { OperatingError } from '../../errors.js';
import type { Plan } from '../../replication/plan.js';
import type { Quorum, Standing } from '../../replication/quorum.js';
import type { Context } from '../../versioning/context.js';
import type { Dot } from '../../versioning/dot.js';
import type { Siblings } from '../../versioning/siblings.js';

/** What an operation came to. */
export type StrongResult =
  | {
      readonly is: 'applied';
      readonly dot: Dot;
      readonly stamp: number;
      /** What its writer has seen with it. */
      readonly context: Context;
      readonly replaced: readonly string[];
    }
  | { readonly is: 'read' | 'unmet'; readonly record: Siblings | undefined }
  /** What was to take effect once: what became of it, and what there is now. */
  | {
      readonly is: 'settled';
      readonly as: Exclude<OnceState, 'open'>;
      readonly record: Siblings | undefined;
    };

/** A write that was proposed, and may take effect or not. */
export interface LostProposal {
  readonly is: 'lost';
  readonly dot: Dot;
  readonly ballot: Ballot;
  /** What it came to, if it takes effect; undefined: nobody can say. */
  readonly decided: Applied | undefined;
}

/** What became of an operation at the node that was to decide it. */
export type Handled =
  | StrongResult
  /** Nothing happened; `proposer` may know better. Empty: nobody is known. */
  | { readonly is: 'elsewhere'; readonly proposer: NodeId }
  /** Its proposer was deposed. */
  | LostProposal;

export type StrongEffect =
  /** What does it hold? */
  | { readonly do: 'ask'; readonly node: NodeId }
  /** Let the proposer of this node decide it. */
  | { readonly do: 'execute' }
  | {
      readonly do: 'propose';
      readonly node: NodeId;
      readonly decide: boolean;
      readonly takeOver: boolean;
    }
  /** What became of the proposal? */
  | { readonly do: 'inquire'; readonly lost: LostProposal }
  | { readonly do: 'suspect'; readonly node: NodeId }
  | { readonly do: 'answer'; readonly result: StrongResult; readonly answered: number }
  | { readonly do: 'elsewhere' }
  | { readonly do: 'refuse'; readonly error: OperatingError }
  | { readonly do: 'count hedges'; readonly count: number }
  | { readonly do: 'count read'; readonly result: ReadOutcome }
  | { readonly do: 'count contention'; readonly reason: 'elsewhere' | 'take over' | 'refused' };

export type ReadOutcome = 'settled' | 'not settled' | 'near its end' | 'no answer';

export interface StrongCoreOptions {
  readonly plan: Plan;
  /** A majority of the owners of each live epoch. */
  readonly quorum: Quorum;
  readonly standing: Standing;
  readonly isRead: boolean;
  /** May it be proposed again where nobody knows what became of it? */
  readonly mayRepeat: boolean;
  /** A read that must be decided as an operation. */
  readonly decides: boolean;
  /** Another node has passed it on: it is decided here, or not at all. */
  readonly isForwarded: boolean;
  /** Be the proposer, whoever was it. */
  readonly takesOver: boolean;
  readonly timeoutMilliseconds: number;
  /** Whose ballot was promised here, or who was named last; empty: nobody. */
  readonly proposer: () => NodeId;
  /** Does it answer? */
  readonly isUp: (node: NodeId) => boolean;
  /** Has nothing been heard of the node for too long, in milliseconds since it was asked? */
  readonly isSilent: (node: NodeId, sinceMilliseconds: number) => boolean;
  readonly silenceMilliseconds: number;
  /** How long to wait for those asked before others are asked as well: replication/hedging.ts. */
  readonly patience: (asked: readonly NodeId[], leftMilliseconds: number) => number;
  /** Does it hold a value of which the clock of this node cannot say whether it has ended? */
  readonly mayHaveEnded: (record: Siblings | undefined) => boolean;
  readonly fraction: () => number;
}
