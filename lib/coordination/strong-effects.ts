/** What the course of an operation at `strong` says is to be done, and what it is told. */
import type { NodeId } from '../environment/transport.js';
import type { Applied } from '../consensus/effects.js';
import type { Ballot } from '../consensus/ballot.js';
import type { OnceState } from '../consensus/once.js';
import type { OperatingError } from '../errors.js';
import type { Context } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';

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
  | { readonly do: 'count read'; readonly result: ReadOutcome }
  | { readonly do: 'count contention'; readonly reason: 'elsewhere' | 'take over' | 'refused' };

export type ReadOutcome = 'settled' | 'not settled' | 'near its end' | 'no answer';
