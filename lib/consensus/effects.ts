/** What a proposer wants done, and what it says of an operation. */
import type { NodeId } from '../environment/transport.js';
import type { Dot } from '../versioning/dot.js';
import type { OperatingError } from '../errors.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import type { Ballot, ProposalId } from './ballot.js';
import type { StrongOperation } from './decision.js';
import type { Acceptance, KeyText, Proposal, AcceptorRequest } from './messages.js';
import type { OnceState } from './once.js';

/** A write that took effect. */
export interface Applied {
  readonly is: 'applied';
  readonly dot: Dot;
  readonly replaced: readonly Version[];
  /** What it was decided on. */
  readonly base: Siblings;
  /** What it leaves. */
  readonly state: Siblings;
}

/** What came of an operation. */
export type Result =
  | Applied
  /** The condition did not hold, on this state. */
  | { readonly is: 'unmet'; readonly state: Siblings }
  | { readonly is: 'read'; readonly state: Siblings }
  /** There is no room for what it would leave. It takes no effect, now or later. */
  | { readonly is: 'no room'; readonly error: OperatingError }
  /** What was to take effect once: it has, or never will (K20). */
  | {
      readonly is: 'settled';
      readonly as: Exclude<OnceState, 'open'>;
      readonly dot: Dot;
      readonly state: Siblings;
    }
  /**
   * Another node is the proposer by now, or this one anew. `dot`: it was proposed, and may yet take
   * effect. `decided`: if it does, that is what it came to; undefined: it was decided more than
   * once, and nobody knows which decision counts.
   */
  | {
      readonly is: 'deposed';
      readonly ballot: Ballot;
      readonly dot: Dot | undefined;
      readonly decided: Applied | undefined;
    };

export type ProposerEffect =
  | {
      readonly do: 'send';
      readonly node: NodeId;
      readonly request: Exclude<AcceptorRequest, { is: 'activate' | 'accept' }>;
    }
  /** With the own records of what is brought, as they are when it is sent. */
  | {
      readonly do: 'activate';
      readonly node: NodeId;
      readonly ballot: Ballot;
      readonly adopted: readonly { readonly key: KeyText; readonly acceptance: Acceptance }[];
      readonly brought: readonly {
        readonly key: KeyText;
        readonly mark: ProposalId | undefined;
      }[];
    }
  /** To the acceptor's present start; never sent again under its number. */
  | { readonly do: 'accept'; readonly node: NodeId; readonly proposal: Proposal }
  /** The own vote; once it is synced: `accepted`. */
  | { readonly do: 'vote'; readonly proposal: Proposal }
  /** Into the own record. */
  | { readonly do: 'merge'; readonly key: KeyText; readonly state: Siblings }
  /** At the own record, after what was merged: `looked`. */
  | { readonly do: 'look'; readonly key: KeyText }
  /**
   * Here. `isSettled`: every other owner has accepted it, so no mark is needed. `asVote`: once it
   * is synced, `accepted`, as if it had been voted for.
   */
  | {
      readonly do: 'learn';
      readonly proposal: Pick<Proposal, 'key' | 'id' | 'state'>;
      readonly isSettled: boolean;
      readonly asVote: boolean;
    }
  /** To somebody who may have missed it: the own record, as learned under this number. */
  | { readonly do: 'teach'; readonly node: NodeId; readonly key: KeyText; readonly id: ProposalId }
  | { readonly do: 'forget'; readonly key: KeyText; readonly id: ProposalId }
  | { readonly do: 'forget ballot'; readonly ballot: Ballot }
  /** A number that nothing has or ever will: the clock counts it as seen. */
  | { readonly do: 'void'; readonly key: KeyText; readonly dot: Dot }
  | { readonly do: 'answer'; readonly operation: StrongOperation; readonly result: Result }
  | {
      readonly do: 'count';
      readonly what: 'activated' | 'adopted' | 'deposed' | 'decided again' | 'killed';
    };

export function send(
  node: NodeId,
  request: Extract<ProposerEffect, { do: 'send' }>['request'],
): ProposerEffect {
  return { do: 'send', node, request };
}
