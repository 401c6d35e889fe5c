/**
 * An owner as an acceptor: what it answers a proposer, and what it has to store first. Pure: told
 * what it holds, it says what changes (Paxos; docs/consensus.md has the rules).
 */
import { covers } from '../versioning/context.js';
import type { Siblings } from '../versioning/siblings.js';
import {
  type Ballot,
  compareBallots,
  compareProposals,
  greaterBallot,
  isLater,
  type ProposalId,
} from './ballot.js';
import { type Holding, isCovered } from './coverage.js';
import type {
  Acceptance,
  PromiseEntry,
  KeyText,
  Proposal,
  AcceptorReply,
  AcceptorRequest,
  Settlement,
} from './messages.js';

/** What it holds of a key. */
export interface HeldKey extends Holding {
  readonly acceptance: Acceptance | undefined;
  readonly mark: ProposalId | undefined;
}

/** What an owner holds of a partition, as last decided, durable or not. */
export interface AcceptorState {
  readonly promised: Ballot;
  /** The highest that it has activated. */
  readonly active: Ballot;
  /** Of this owner. */
  readonly start: number;
  of(key: KeyText): HeldKey;
  /** The keys with an acceptance or a mark. */
  keys(): Iterable<KeyText>;
}

/** What must be stored, all in one step and in this order. */
export type AcceptorChange =
  | { readonly store: 'ballots'; readonly promised: Ballot; readonly active: Ballot }
  | { readonly store: 'acceptance'; readonly key: KeyText; readonly acceptance: Acceptance }
  | { readonly store: 'no acceptance'; readonly key: KeyText }
  | { readonly store: 'mark'; readonly key: KeyText; readonly mark: ProposalId }
  | { readonly store: 'no mark'; readonly key: KeyText }
  /** Merged into the record, as anything that comes from elsewhere. */
  | { readonly store: 'merge'; readonly key: KeyText; readonly state: Siblings };

export interface Judgement {
  readonly changes: readonly AcceptorChange[];
  readonly reply: AcceptorReply | undefined;
  /** The answer waits until this, and all that was decided before it, is synced. */
  readonly isSynced: boolean;
}

const NOTHING: Judgement = { changes: [], reply: undefined, isSynced: false };

/**
 * What follows from a request. An owner under rebuild is not asked: it neither promises nor accepts
 * nor answers.
 */
export function judge(held: AcceptorState, request: AcceptorRequest): Judgement {
  switch (request.is) {
    case 'prepare':
      return judgePrepare(held, request.ballot);
    case 'activate':
      return judgeActivate(held, request.ballot, request.entries);
    case 'check':
      return judgeCheck(held, request.proposal);
    case 'accept':
      return request.start === held.start ? judgeAccept(held, request.proposal) : NOTHING;
    case 'learn':
      return judgeLearn(held, request);
    case 'forget':
      return judgeForget(held, request.key, request.id);
    case 'forget ballot':
      return judgeForgetBallot(held, request.ballot);
  }
}

/** The proposer's own vote: it decided on its own record, and is not asked whether that is met. */
export function judgeVote(held: AcceptorState, { key, id, dot, state }: Proposal): Judgement {
  // Promised to another meanwhile: then that one is not outvoted.
  if (compareBallots(held.promised, id.ballot) !== 0) return NOTHING;
  const acceptance = { id, dot, state, isCopied: false };
  const changes = [{ store: 'acceptance', key, acceptance }] as const;
  return { changes, reply: { is: 'accepted', key, id }, isSynced: true };
}

/** A learned state goes into the record, and every acceptance that is not later goes. */
export function learning(
  { acceptance, mark }: Pick<HeldKey, 'acceptance' | 'mark'>,
  key: KeyText,
  id: ProposalId,
  { state, isSettled }: { readonly state: Siblings | undefined; readonly isSettled: boolean },
): AcceptorChange[] {
  const changes: AcceptorChange[] = [];
  if (acceptance !== undefined && !isLater(acceptance.id, id)) {
    changes.push({ store: 'no acceptance', key });
  }
  if (state !== undefined) changes.push({ store: 'merge', key, state });
  if (!isSettled && isLater(id, mark)) changes.push({ store: 'mark', key, mark: id });
  return changes;
}

function judgePrepare(held: AcceptorState, ballot: Ballot): Judgement {
  if (compareBallots(ballot, held.promised) <= 0) return refused(held, ballot);
  const entries = [...held.keys()].map((key): PromiseEntry => {
    const { acceptance, mark, record } = held.of(key);
    return { key, acceptance, mark, record: mark === undefined ? undefined : record };
  });
  return {
    changes: [{ store: 'ballots', promised: ballot, active: held.active }],
    reply: { is: 'promised', ballot, active: held.active, entries },
    isSynced: true,
  };
}

function refused({ promised }: AcceptorState, ballot: Ballot): Judgement {
  return { changes: [], reply: { is: 'refused', ballot, promised }, isSynced: false };
}

function judgeActivate(
  held: AcceptorState,
  ballot: Ballot,
  entries: readonly Settlement[],
): Judgement {
  if (compareBallots(ballot, held.promised) < 0) return refused(held, ballot);
  const reply = { is: 'activated', ballot } as const;
  // Late, and again: what was accepted or learned since stays.
  if (compareBallots(ballot, held.active) <= 0) return { changes: [], reply, isSynced: true };
  const promised = greaterBallot(held.promised, ballot);
  const changes: AcceptorChange[] = [{ store: 'ballots', promised, active: ballot }];
  const settled = new Map(entries.map((entry) => [entry.key, entry]));
  for (const key of new Set([...settled.keys(), ...held.keys()])) {
    for (const change of settling(held.of(key), ballot, key, settled.get(key))) {
      changes.push(change);
    }
  }
  return { changes, reply, isSynced: true };
}

/** What the ballot says of the key is held from now on; older acceptances were not chosen. */
function settling(
  { acceptance, mark }: HeldKey,
  ballot: Ballot,
  key: KeyText,
  entry: Settlement | undefined,
): AcceptorChange[] {
  if (entry?.adopted !== undefined) {
    const { adopted } = entry;
    // An ACCEPT or a LEARN of the same ballot may have been quicker.
    const isOvertaken = isLater(acceptance?.id, adopted.id) || !isLater(adopted.id, mark);
    return isOvertaken ? [] : [{ store: 'acceptance', key, acceptance: adopted }];
  }
  const changes: AcceptorChange[] = [];
  if (acceptance !== undefined && compareBallots(acceptance.id.ballot, ballot) < 0) {
    changes.push({ store: 'no acceptance', key });
  }
  if (entry?.record !== undefined) changes.push({ store: 'merge', key, state: entry.record });
  if (entry?.mark !== undefined && isLater(entry.mark, mark)) {
    changes.push({ store: 'mark', key, mark: entry.mark });
  }
  return changes;
}

function judgeCheck(held: AcceptorState, proposal: Proposal): Judgement {
  const { key, id } = proposal;
  if (compareBallots(id.ballot, held.promised) < 0) return refused(held, id.ballot);
  const own = held.of(key);
  const reply: AcceptorReply = isCovered(proposal, own)
    ? { is: 'covered', key, id }
    : { is: 'uncovered', key, id, record: own.record };
  return { changes: [], reply, isSynced: false };
}

function judgeAccept(held: AcceptorState, proposal: Proposal): Judgement {
  const { key, id, dot, state } = proposal;
  if (compareBallots(id.ballot, held.promised) < 0) return refused(held, id.ballot);
  const isHigher = compareBallots(id.ballot, held.promised) > 0;
  const raised: AcceptorChange[] = isHigher
    ? [{ store: 'ballots', promised: id.ballot, active: held.active }]
    : [];
  const own = held.of(key);
  const accepted = { reply: { is: 'accepted', key, id }, isSynced: true } as const;
  const latest = isLater(own.acceptance?.id, own.mark) ? own.acceptance?.id : own.mark;
  const order = compareProposals(id, latest);
  if (order < 0) return { ...NOTHING, changes: raised };
  if (order === 0) return { ...accepted, changes: raised };
  if (dot !== undefined && own.hasSeen(dot)) {
    // It is in the record already; or it is void, and then it is not accepted.
    const isHeld = own.record !== undefined && covers(own.record.context, dot);
    return isHeld ? { ...accepted, changes: raised } : { ...NOTHING, changes: raised };
  }
  if (!isCovered(proposal, own)) {
    const reply = { is: 'uncovered', key, id, record: own.record } as const;
    return { changes: raised, reply, isSynced: false };
  }
  const acceptance = { id, dot, state, isCopied: false };
  return { ...accepted, changes: [...raised, { store: 'acceptance', key, acceptance }] };
}

function judgeLearn(
  held: AcceptorState,
  { key, id, state, isSettled }: Extract<AcceptorRequest, { is: 'learn' }>,
): Judgement {
  const own = held.of(key);
  const reply = isSettled ? undefined : ({ is: 'learned', key, id } as const);
  if (state !== 'held') {
    const given = state === 'absent' ? undefined : state;
    const changes = learning(own, key, id, { state: given, isSettled });
    return { changes, reply, isSynced: true };
  }
  // A later acceptance stands for more, an earlier one for something else.
  if (own.acceptance === undefined || compareProposals(own.acceptance.id, id) !== 0) return NOTHING;
  const changes = learning(own, key, id, { state: own.acceptance.state, isSettled });
  return { changes, reply, isSynced: true };
}

function judgeForget(held: AcceptorState, key: KeyText, id: ProposalId): Judgement {
  const { mark } = held.of(key);
  if (mark === undefined || isLater(mark, id)) return NOTHING;
  return { ...NOTHING, changes: [{ store: 'no mark', key }] };
}

function judgeForgetBallot(held: AcceptorState, ballot: Ballot): Judgement {
  const changes: AcceptorChange[] = [];
  for (const key of held.keys()) {
    const { mark } = held.of(key);
    if (mark === undefined || compareBallots(mark.ballot, ballot) >= 0) continue;
    changes.push({ store: 'no mark', key });
  }
  return { ...NOTHING, changes };
}

/**
 * What an owner under rebuild takes from another one: the higher ballots, and of each key what is
 * later. It counts only once it has this of every other owner (K18).
 */
export function rebuildingFrom(own: AcceptorState, other: AcceptorState): AcceptorChange[] {
  const promised = greaterBallot(own.promised, other.promised);
  const changes: AcceptorChange[] = [
    { store: 'ballots', promised, active: greaterBallot(own.active, other.active) },
  ];
  for (const key of other.keys()) {
    const held = own.of(key);
    const { acceptance, mark } = other.of(key);
    const isNew =
      isLater(acceptance?.id, held.acceptance?.id) && isLater(acceptance?.id, held.mark);
    if (acceptance !== undefined && isNew) {
      changes.push({ store: 'acceptance', key, acceptance: { ...acceptance, isCopied: true } });
    }
    if (mark !== undefined && isLater(mark, held.mark)) changes.push({ store: 'mark', key, mark });
  }
  return changes;
}
