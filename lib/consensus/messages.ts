/** What proposer and acceptors send each other, and what these keep (docs/consensus.md). */
import type { NodeId } from '../environment/transport.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';
import type { Ballot, ProposalId } from './ballot.js';

/** Of namespace and key, within the partition. */
export type KeyText = string;

/** A state of a key that was accepted under a number, and is not learned here. */
export interface Acceptance {
  readonly id: ProposalId;
  /** Of the write that it proposes; undefined: it changes nothing. */
  readonly dot: Dot | undefined;
  /** May have no version, and still cover some. */
  readonly state: Siblings;
  /** It came with a rebuild: no evidence that this owner had accepted it. */
  readonly isCopied: boolean;
}

/** What an owner that promises holds of a key beside its record. */
export interface PromiseEntry {
  readonly key: KeyText;
  readonly acceptance: Acceptance | undefined;
  /** Learned here, and not known to be accepted or learned by every owner. */
  readonly mark: ProposalId | undefined;
  /** With a mark: the record. */
  readonly record: Siblings | undefined;
}

/** Of one key: what its owners shall hold from this ballot on. */
export type Settlement =
  | { readonly key: KeyText; readonly adopted: Acceptance }
  | {
      readonly key: KeyText;
      readonly adopted: undefined;
      readonly mark: ProposalId | undefined;
      readonly record: Siblings | undefined;
    };

export interface Proposal extends Pick<Acceptance, 'id' | 'dot' | 'state'> {
  readonly key: KeyText;
  /** The values on which it was decided. */
  readonly base: readonly Dot[];
  /**
   * Of the writer of the dot that it adds, how far the record named it on which it was decided. A
   * vector that covers the dot also covers what was numbered between the two. That may have been in
   * a record that was lost. Undefined: it adds none.
   */
  readonly above: Dot | undefined;
}

/** To an acceptor. */
export type AcceptorRequest =
  /** @property from '' for the first page of entries, then `next` of the page before */
  | { readonly is: 'prepare'; readonly ballot: Ballot; readonly from: string }
  | {
      readonly is: 'activate';
      readonly ballot: Ballot;
      readonly entries: readonly Settlement[];
      /** What does not fit into a message goes before, each page once the last is answered. */
      readonly isLast: boolean;
    }
  /** Would it be accepted? Asked first where one acceptance and its proposer are no majority. */
  | { readonly is: 'check'; readonly proposal: Proposal }
  /** @property start of the acceptor: one that was sent to an earlier start of it is dropped */
  | { readonly is: 'accept'; readonly proposal: Proposal; readonly start: number }
  | {
      readonly is: 'learn';
      readonly key: KeyText;
      readonly id: ProposalId;
      /** `held`: that of the acceptance under this very number. `absent`: nothing is held. */
      readonly state: Siblings | 'held' | 'absent';
      /** Every owner has accepted or learned it: no mark is needed, and no answer. */
      readonly isSettled: boolean;
      /** Numbers that nothing has or ever will: the clock counts them as seen. Absent: none. */
      readonly voided?: readonly Dot[];
    }
  /** Every owner has accepted or learned it, or a later one. */
  | { readonly is: 'forget'; readonly key: KeyText; readonly id: ProposalId }
  /** Every owner has activated it. */
  | { readonly is: 'forget ballot'; readonly ballot: Ballot };

/** Of an acceptor. */
export type AcceptorReply =
  | {
      readonly is: 'promised';
      readonly ballot: Ballot;
      readonly active: Ballot;
      readonly entries: readonly PromiseEntry[];
      /** As it was asked for. */
      readonly from: string;
      /** Where the next page begins; undefined: this is the last. */
      readonly next: string | undefined;
    }
  /** A higher ballot was promised. */
  | { readonly is: 'refused'; readonly ballot: Ballot; readonly promised: Ballot }
  | { readonly is: 'activated'; readonly ballot: Ballot }
  | { readonly is: 'covered'; readonly key: KeyText; readonly id: ProposalId }
  /** The record holds what the proposal has not met. It is not accepted, now or later. */
  | {
      readonly is: 'uncovered';
      readonly key: KeyText;
      readonly id: ProposalId;
      readonly record: Siblings | undefined;
    }
  | { readonly is: 'accepted'; readonly key: KeyText; readonly id: ProposalId }
  | { readonly is: 'learned'; readonly key: KeyText; readonly id: ProposalId };

/** Who answered, in which start. */
export interface Sender {
  readonly node: NodeId;
  readonly start: number;
}
