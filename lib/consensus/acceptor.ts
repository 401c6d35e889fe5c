/**
 * An owner as an acceptor: what it answers a proposer, and what it has to store first. Pure: given
 * what it holds, it says what changes (Paxos; docs/consensus.md has the rules).
 */
import { assert } from '../errors.js';
import { covers } from '../versioning/context.js';
import { isNothing, type Siblings } from '../versioning/siblings.js';
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
  /** The keys with an acceptance. */
  accepted(): Iterable<KeyText>;
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

/** FORGET of a ballot is about all marks of a partition: see `forgetting`. */
export type Judged = Exclude<AcceptorRequest, { is: 'forget ballot' }>;

const NOTHING: Judgement = { changes: [], reply: undefined, isSynced: false };

/**
 * What follows from a request. An owner under rebuild is not asked: it neither promises nor accepts
 * nor answers.
 */
export function judge(held: AcceptorState, request: Judged): Judgement {
  switch (request.is) {
    case 'prepare':
      return judgePrepare(held, request);
    case 'activate':
      return judgeActivate(held, request);
    case 'check':
      return judgeCheck(held, request.proposal);
    case 'accept':
      return request.start === held.start ? judgeAccept(held, request.proposal) : NOTHING;
    case 'learn':
      return judgeLearn(held, request);
    case 'forget':
      return judgeForget(held, request.key, request.id);
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
  // A read of a key of which nobody holds anything leaves no record.
  if (state !== undefined && !isNothing(state)) changes.push({ store: 'merge', key, state });
  if (!isSettled && isLater(id, mark)) changes.push({ store: 'mark', key, mark: id });
  // Every owner has this number: nobody needs what an earlier one left.
  const isOld = mark !== undefined && !isLater(mark, id);
  if (isSettled && isOld) changes.push({ store: 'no mark', key });
  return changes;
}

/**
 * The first page is answered above the promise, which it raises, and again for the ballot that is
 * promised: its answer may have got lost. The others are while the promise stands. The entries of
 * the page are added once the promise is decided: from then on nothing older comes.
 */
function judgePrepare(
  held: AcceptorState,
  { ballot, from }: Extract<AcceptorRequest, { is: 'prepare' }>,
): Judgement {
  const order = compareBallots(ballot, held.promised);
  const { active } = held;
  assert(compareBallots(active, held.promised) <= 0, 'what is active was promised');
  const isFirst = from === '';
  if (isFirst ? order < 0 : order !== 0) return refused(held, ballot);
  return {
    changes: order > 0 ? [{ store: 'ballots', promised: ballot, active }] : [],
    reply: { is: 'promised', ballot, active, entries: [], from, next: undefined },
    isSynced: true,
  };
}

/** What an owner that promises reports of a key with an acceptance or a mark. */
export function entryOf(key: KeyText, { acceptance, mark, record }: HeldKey): PromiseEntry {
  return { key, acceptance, mark, record: mark === undefined ? undefined : record };
}

function refused({ promised }: AcceptorState, ballot: Ballot): Judgement {
  return { changes: [], reply: { is: 'refused', ballot, promised }, isSynced: false };
}

/** All pages but the last only settle their keys: what came is as if it had been accepted. */
function judgeActivate(
  held: AcceptorState,
  { ballot, entries, isLast }: Extract<AcceptorRequest, { is: 'activate' }>,
): Judgement {
  if (compareBallots(ballot, held.promised) < 0) return refused(held, ballot);
  const reply = { is: 'activated', ballot } as const;
  // Late, and again: what was accepted or learned since stays.
  if (compareBallots(ballot, held.active) <= 0) return { changes: [], reply, isSynced: true };
  const promised = greaterBallot(held.promised, ballot);
  const active = isLast ? ballot : held.active;
  assert(compareBallots(active, promised) <= 0, 'what is active was promised');
  const changes: AcceptorChange[] = [{ store: 'ballots', promised, active }];
  const settled = new Map(entries.map((entry) => [entry.key, entry]));
  const swept = isLast ? held.accepted() : [];
  for (const key of new Set([...settled.keys(), ...swept])) {
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
  const changes = chosenHere({ acceptance }, key, entry?.mark);
  if (acceptance !== undefined && compareBallots(acceptance.id.ballot, ballot) < 0) {
    changes.push({ store: 'no acceptance', key });
  }
  if (entry?.record !== undefined) changes.push({ store: 'merge', key, state: entry.record });
  if (entry?.mark !== undefined && isLater(entry.mark, mark)) {
    changes.push({ store: 'mark', key, mark: entry.mark });
  }
  return changes;
}

/**
 * What was accepted under the very number that is learned now was chosen. It goes into the record
 * in any case: the record that is sent with the number may have lost it since (K7).
 */
function chosenHere(
  { acceptance }: Pick<HeldKey, 'acceptance'>,
  key: KeyText,
  learned: ProposalId | undefined,
): AcceptorChange[] {
  if (acceptance === undefined || learned === undefined) return [];
  if (compareProposals(acceptance.id, learned) !== 0) return [];
  return [{ store: 'merge', key, state: acceptance.state }];
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
  if (state !== 'held') {
    const given = state === 'absent' ? undefined : state;
    const chosen = chosenHere(own, key, id);
    const changes = [...chosen, ...learning(own, key, id, { state: given, isSettled })];
    if (isSettled) return { ...NOTHING, changes };
    return { changes, reply: { is: 'learned', key, id }, isSynced: true };
  }
  // A later acceptance stands for more, an earlier one for something else.
  if (own.acceptance === undefined || compareProposals(own.acceptance.id, id) !== 0) {
    // Every owner has it, this one in its record: an older mark is needed no more.
    return isSettled ? judgeForget(held, key, id) : NOTHING;
  }
  // It is accepted durably already: nobody waits for more.
  return {
    ...NOTHING,
    changes: learning(own, key, id, { state: own.acceptance.state, isSettled }),
  };
}

function judgeForget(held: AcceptorState, key: KeyText, id: ProposalId): Judgement {
  const { mark } = held.of(key);
  if (mark === undefined || isLater(mark, id)) return NOTHING;
  return { ...NOTHING, changes: [{ store: 'no mark', key }] };
}

/** Every owner has activated the ballot: what of these marks goes. */
export function forgetting(
  ballot: Ballot,
  marks: Iterable<readonly [key: KeyText, mark: ProposalId]>,
): AcceptorChange[] {
  const changes: AcceptorChange[] = [];
  for (const [key, mark] of marks) {
    if (compareBallots(mark.ballot, ballot) < 0) changes.push({ store: 'no mark', key });
  }
  return changes;
}
