/** One proposal of a proposer: decided, and on its way to a majority. */
import type { NodeId } from '../environment/transport.js';
import { assert, type OperatingError } from '../errors.js';
import { Quorum, type Standing, Votes } from '../replication/quorum.js';
import type { Context } from '../versioning/context.js';
import { EMPTY_CONTEXT, highestOf, joinContexts } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import { NO_SIBLINGS, type Siblings } from '../versioning/siblings.js';
import type { ProposalId } from './ballot.js';
import {
  covering,
  endedState,
  holds,
  killing,
  type RefusalFor,
  type StrongChange,
  type StrongOperation,
  valuesOf,
  writtenState,
} from './decision.js';
import type { Proposal } from './messages.js';
import { type HasSeen, type OnceState, onceStateOf } from './once.js';

/**
 * Of what it waits: for the own record; for others to say that they would accept it; for others to
 * accept it; for the own vote.
 */
type Stage = 'looking' | 'checking' | 'accepting' | 'voting';

/** What a decision is made with, beside the record. */
export interface Looked {
  /** Of the hybrid clock. */
  readonly hybridNow: number;
  /** Has the clock of the partition the dot? Asked of what takes effect once. */
  readonly hasSeen: HasSeen;
  readonly refusalFor: RefusalFor;
  /** Why the operation cannot take effect on this record now, nor be answered from it. */
  readonly refusal: OperatingError | undefined;
}

/** One operation under way on its key. */
export class OpenProposal {
  readonly operation: StrongOperation;
  stage: Stage = 'looking';
  /** Does the operation take effect, as last decided? */
  takesEffect = false;
  /** Of the write; the same however often it is decided again. */
  dot: Dot | undefined;
  /** How often it was. */
  decisions = 0;
  /** Of what takes effect once: what became of it before this proposal. */
  before: OnceState | undefined;
  /** Why it does not take effect, where there is no room for what it leaves; as last decided. */
  refusal: OperatingError | undefined;
  /** As last decided. */
  proposal: Proposal | undefined;
  /** The state on which it was decided. */
  base: Siblings = NO_SIBLINGS;
  votes: Votes;
  checks: Votes;
  /**
   * Contexts of the records of acceptors that refused the proposal. The next proposal must cover
   * them, even where this node's filter drops a version of them.
   */
  #met: Context | undefined;
  readonly #standing: Standing;

  constructor(operation: StrongOperation, standing: Standing) {
    this.operation = operation;
    this.#standing = standing;
    this.votes = new Votes(standing);
    this.checks = new Votes(standing);
  }

  meet(record: Siblings | undefined): void {
    if (record === undefined) return;
    const { context } = record;
    this.#met = this.#met === undefined ? context : joinContexts(this.#met, context);
  }

  /** The numbers that nothing has, once this is learned. */
  get voided(): readonly Dot[] {
    const { dot, takesEffect, before } = this;
    const { once } = this.operation;
    if (once !== undefined) {
      // Also where another ballot has decided it, and had no time to say so.
      const isApplied = before === 'open' ? takesEffect : before === 'applied';
      if (isApplied) return [once.end];
      return before === 'forgotten' ? [] : [once.dot, once.end];
    }
    return dot !== undefined && !takesEffect ? [dot] : [];
  }

  /**
   * On the own record, condition included.
   * @param next the dot that it takes, where it takes effect and has none
   * @returns undefined: it is refused, and nothing was or is proposed
   */
  decide(
    record: Siblings | undefined,
    id: ProposalId,
    next: Dot,
    looked: Looked,
  ): Proposal | undefined {
    const { key, change, condition, once } = this.operation;
    assert(this.stage === 'looking', 'a decision follows a look at the record');
    const base = covering(record, this.#met);
    this.before = once && onceStateOf(once, base, looked.hasSeen);
    const isOpen = this.before === undefined || this.before === 'open';
    const refusal = isOpen ? looked.refusal : undefined;
    const isWanted = isOpen && refusal === undefined && holds(condition, base);
    const wanted = isWanted ? change : undefined;
    this.base = base;
    const dot = this.dot ?? once?.dot ?? next;
    const written = this.#written(wanted, dot, { ...looked, refusal });
    this.takesEffect = written !== undefined;
    this.decisions += 1;
    // Once something was proposed, a later number must be counted before a refusal is answered.
    if (this.refusal !== undefined && this.decisions === 1) return undefined;
    if (written !== undefined) this.dot = dot;
    this.votes = new Votes(this.#standing);
    this.checks = new Votes(this.#standing);
    this.proposal = {
      ...{ key, id, dot: written === undefined ? undefined : this.dot },
      state: written ?? this.#unchanged(),
      base: valuesOf(record).map(({ dot }) => dot),
      above: this.#aboveOf(written === undefined ? undefined : wanted),
    };
    return this.proposal;
  }

  #aboveOf(effective: StrongChange | undefined): Dot | undefined {
    const { base, before } = this;
    const { once } = this.operation;
    const isEnded = once !== undefined && before === 'open' && effective === undefined;
    const writer = (isEnded ? once.end : this.dot)?.writer;
    if (writer === undefined) return undefined;
    const { seen = EMPTY_CONTEXT } = effective ?? {};
    return { writer, n: Math.max(highestOf(base.context, writer), highestOf(seen, writer)) };
  }

  /** The state that the change leaves; undefined: there is none, or no room for it. */
  #written(
    change: StrongChange | undefined,
    dot: Dot,
    { hybridNow, refusalFor, refusal }: Looked,
  ): Siblings | undefined {
    this.refusal = refusal;
    if (change === undefined) return undefined;
    const state = writtenState(this.base, change, dot, hybridNow);
    this.refusal = refusalFor(change, this.base, state);
    return this.refusal === undefined ? state : undefined;
  }

  /** What is proposed where the operation does not take effect. */
  #unchanged(): Siblings {
    const { base, dot, before } = this;
    const { once } = this.operation;
    // What is answered now is what became of it, whoever proposes it again.
    if (once !== undefined && before === 'open') return endedState(base, once);
    // Proposed before, and not to take effect now: it must never come back.
    return dot === undefined ? base : killing(base, dot);
  }
}

/** Who must accept: all owners, those besides the proposer, and a majority of each set. */
export class Acceptors {
  readonly self: NodeId;
  readonly standing: Standing;
  readonly all: readonly NodeId[];
  readonly others: readonly NodeId[];
  readonly quorum: Quorum;
  /** With the proposer's vote they are a majority. */
  readonly besidesSelf: Quorum;
  /** Are one acceptance and the proposer a majority? If not, coverage is asked for first. */
  readonly oneIsEnough: boolean;

  constructor(self: NodeId, quorum: Quorum, standing: Standing) {
    this.self = self;
    this.standing = standing;
    this.quorum = quorum;
    this.all = [...new Set(quorum.requirements.flatMap(({ nodes }) => nodes))];
    this.others = this.all.filter((node) => node !== self);
    this.besidesSelf = new Quorum(
      quorum.requirements.map(({ nodes, required }) =>
        nodes.includes(self)
          ? { nodes: nodes.filter((node) => node !== self), required: required - 1 }
          : { nodes, required },
      ),
    );
    this.oneIsEnough = quorum.requirements.every(
      ({ nodes, required }) => required <= 2 && nodes.includes(self),
    );
  }

  isMajority(votes: Votes): boolean {
    return this.quorum.stateOf(votes) === 'reached';
  }

  isMajorityWithSelf(votes: Votes): boolean {
    return this.besidesSelf.stateOf(votes) === 'reached';
  }

  /** Too many have refused for any majority without the proposer. */
  isLostWithoutSelf(votes: Votes): boolean {
    const without = votes.copy();
    without.deny(this.self);
    return this.quorum.stateOf(without) === 'lost';
  }

  isEveryone(votes: Votes): boolean {
    return this.all.every((node) => votes.of(node) === true);
  }

  isEveryoneElse(votes: Votes): boolean {
    return this.others.every((node) => votes.of(node) === true);
  }
}
