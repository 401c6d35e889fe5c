/**
 * The proposer of a partition: takes over, decides operations one after the other on each key, and
 * sees that what was chosen is learned everywhere. Pure: given what came, it says what follows
 * (CASPaxos, Rystsov 2018, with a promise for each partition; docs/consensus.md has the rules).
 */
import type { NodeId } from '../environment/transport.js';
import { assert } from '../errors.js';
import type { Quorum, Standing } from '../replication/quorum.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';
import type { Writer } from '../versioning/writer.js';
import {
  type Ballot,
  compareBallots,
  compareProposals,
  NO_BALLOT,
  type ProposalId,
} from './ballot.js';
import { Candidacy } from './candidacy.js';
import { type StrongOperation, replacedBy } from './decision.js';
import { type ProposerEffect, type Result, send } from './effects.js';
import type { KeyText, Proposal, AcceptorReply, Sender } from './messages.js';
import { Acceptors, type Looked, OpenProposal } from './proposal.js';
import { Settling } from './settling.js';

export interface TakeOver {
  /** Above the own promise, and every one that was heard of. */
  readonly ballot: Ballot;
  /** Nobody was it before: the dots of this ballot's proposals are its. */
  readonly writer: Writer;
  /** A majority of the owners of each live epoch. */
  readonly quorum: Quorum;
  readonly standing: Standing;
}

/** `off`: somebody else is the proposer, or nobody. */
type Phase = 'off' | 'taking over' | 'active';

/** What this node holds for its current ballot: from PREPARE until it is deposed or abdicates. */
class BallotState {
  readonly candidacy: Candidacy;
  readonly acceptors: Acceptors;
  readonly settling: Settling;
  /** Of the last proposal. */
  seq = 0;
  readonly #writer: Writer;
  #minted = 0;

  constructor(self: NodeId, { ballot, writer, quorum, standing }: TakeOver) {
    this.acceptors = new Acceptors(self, quorum, standing);
    this.candidacy = new Candidacy(ballot, this.acceptors);
    this.settling = new Settling(this.acceptors);
    this.#writer = writer;
  }

  /** The dot that the next write takes. */
  get next(): Dot {
    return { writer: this.#writer, n: this.#minted + 1 };
  }

  /** Proposed under this dot; of what takes effect once, it is another's. */
  use({ writer, n }: Dot): void {
    if (writer === this.#writer) this.#minted = Math.max(this.#minted, n);
  }
}

const KILLED = [{ do: 'count', what: 'killed' }] as const;

export class ProposerCore {
  readonly #self: NodeId;
  #current: BallotState | undefined;
  #ballot = NO_BALLOT;
  readonly #waiting = new Map<KeyText, StrongOperation[]>();
  /** Invariant: one proposal a key is open. */
  readonly #open = new Map<KeyText, OpenProposal>();

  constructor(self: NodeId) {
    this.#self = self;
  }

  get phase(): Phase {
    if (this.#current === undefined) return 'off';
    return this.#current.candidacy.isActive ? 'active' : 'taking over';
  }

  /** The last that it prepared. */
  get ballot(): Ballot {
    return this.#ballot;
  }

  /** The operation on the key that is proposed, or about to be; a read must wait for it. */
  openOn(key: KeyText): Pick<OpenProposal, 'operation' | 'dot'> | undefined {
    return this.#open.get(key);
  }

  /** Keys whose last change not every owner is known to have. */
  get unsettledCount(): number {
    return this.#current?.settling.count ?? 0;
  }

  /** So many of its first numbers are of what it has adopted. */
  get adoptedCount(): number {
    return this.#current?.candidacy.adopted.length ?? 0;
  }

  /** Has every owner activated the ballot? If not, ACTIVATE is sent again. */
  get isActiveEverywhere(): boolean {
    const current = this.#current;
    return current?.acceptors.isEveryone(current.candidacy.activations) === true;
  }

  /**
   * Prepares a ballot: also the proposer does, where answers are missing. What was open under the
   * one before may have taken effect, or never will.
   */
  takeOver(options: TakeOver): readonly ProposerEffect[] {
    assert(compareBallots(options.ballot, this.#ballot) > 0, 'a ballot is prepared once');
    this.#ballot = options.ballot;
    const lost = [...this.sendUnsent(), ...this.#loseOpen()];
    this.#current = new BallotState(this.#self, options);
    return [...lost, ...this.#current.candidacy.begin()];
  }

  /** A higher ballot was promised, here or elsewhere. What waits was never proposed. */
  deposed(promised: Ballot): readonly ProposerEffect[] {
    if (this.#current === undefined || compareBallots(promised, this.#ballot) <= 0) return [];
    return [{ do: 'count', what: 'deposed' }, ...this.abdicate()];
  }

  /** This node proposes no more: its replica is being rebuilt, or it stops. */
  abdicate(): readonly ProposerEffect[] {
    const lost = [...this.sendUnsent(), ...this.#loseOpen()];
    this.#current = undefined;
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    const ballot = this.#ballot;
    const never = { is: 'deposed', ballot, dot: undefined, decided: undefined } as const;
    return [...lost, ...waiting.map((operation) => answer(operation, never))];
  }

  /** Decided once it is this operation's turn on its key, and this node is the proposer. */
  submit(operation: StrongOperation): readonly ProposerEffect[] {
    const waiting = this.#waiting.get(operation.key);
    if (waiting === undefined) this.#waiting.set(operation.key, [operation]);
    else waiting.push(operation);
    return this.#next(operation.key);
  }

  /** The client waits no longer. True: it is not proposed, and never will be. */
  withdraw({ key, id }: StrongOperation): boolean {
    const waiting = this.#waiting.get(key) ?? [];
    const left = waiting.filter((operation) => operation.id !== id);
    if (left.length === waiting.length) return false;
    if (left.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, left);
    return true;
  }

  /** What the own replica holds of the key. */
  looked(key: KeyText, record: Siblings | undefined, looked: Looked): readonly ProposerEffect[] {
    const current = this.#current;
    const open = this.#open.get(key);
    if (current === undefined || open?.stage !== 'looking') return [];
    const id = { ballot: this.#ballot, seq: current.seq + 1 };
    const proposal = open.decide(record, id, current.next, looked);
    if (proposal === undefined) {
      this.#open.delete(key);
      return [answer(open.operation, resultOf(open)), ...this.#next(key)];
    }
    current.seq = id.seq;
    if (open.dot !== undefined) current.use(open.dot);
    if (current.acceptors.oneIsEnough) return this.#sendAccepts(current, open, proposal);
    open.stage = 'checking';
    return current.acceptors.others.map((node) => send(node, { is: 'check', proposal }));
  }

  /** Are there owners to which what was chosen has not been sent? */
  get hasUnsent(): boolean {
    return this.#current?.settling.hasUnsent === true;
  }

  /** Sends other owners what was chosen, though not every owner has accepted it. */
  sendUnsent(): readonly ProposerEffect[] {
    return this.#current?.settling.sendUnsent() ?? [];
  }

  /** Says again what somebody may have missed; never an ACCEPT. */
  repeat(): readonly ProposerEffect[] {
    if (this.#current === undefined) return [];
    return [...this.#current.candidacy.repeat(), ...this.#current.settling.repeat()];
  }

  /** An acceptor has answered; the own one too. */
  answered(from: Sender, reply: AcceptorReply): readonly ProposerEffect[] {
    const current = this.#current;
    if (current === undefined) return [];
    const { candidacy } = current;
    switch (reply.is) {
      case 'promised':
        return candidacy.isFor(reply.ballot) ? candidacy.promised(from, reply) : [];
      case 'refused':
        return candidacy.isFor(reply.ballot) ? this.deposed(reply.promised) : [];
      case 'activated':
        return candidacy.isFor(reply.ballot) ? this.#activated(current, from) : [];
      case 'covered':
        return this.#covered(current, from, this.#openUnder(reply.key, reply.id));
      case 'uncovered':
        return this.#uncovered(current, from, reply);
      case 'accepted':
        return this.#accepted(current, from, reply.key, reply.id);
      case 'learned':
        return current.settling.held(from, reply.key, reply.id);
    }
  }

  #activated(current: BallotState, from: Sender): readonly ProposerEffect[] {
    const { candidacy, settling } = current;
    if (candidacy.activated(from)) {
      assert(current.seq === 0, 'nothing is proposed before the ballot is active');
      current.seq = candidacy.adopted.length;
      return [
        { do: 'count', what: 'activated' },
        // A majority holds what was adopted: it is chosen.
        ...candidacy.adopted.flatMap(({ key, acceptance: { id, state } }) =>
          settling.learnEverywhere({ key, id, state }, candidacy.activations.copy(), false),
        ),
        ...candidacy.forgetOlder(),
        ...[...this.#waiting.keys()].flatMap((key) => this.#next(key)),
      ];
    }
    if (!candidacy.isActive) return [];
    const settled = candidacy.adopted.flatMap(({ key, acceptance }) =>
      settling.held(from, key, acceptance.id),
    );
    return [...settled, ...candidacy.forgetOlder()];
  }

  /** The next operation of the key, if none is open. */
  #next(key: KeyText): readonly ProposerEffect[] {
    if (this.#current?.candidacy.isActive !== true || this.#open.has(key)) return [];
    const waiting = this.#waiting.get(key);
    const operation = waiting?.shift();
    if (waiting?.length === 0) this.#waiting.delete(key);
    if (operation === undefined) return [];
    assert(!this.#open.has(key), 'one proposal a key is open');
    this.#open.set(key, new OpenProposal(operation, this.#current.acceptors.standing));
    return [{ do: 'look', key }];
  }

  #openUnder(key: KeyText, id: ProposalId): OpenProposal | undefined {
    const open = this.#open.get(key);
    if (open === undefined || open.stage === 'looking') return undefined;
    return compareProposals(open.proposal?.id, id) === 0 ? open : undefined;
  }

  #covered(
    current: BallotState,
    from: Sender,
    open: OpenProposal | undefined,
  ): readonly ProposerEffect[] {
    if (open?.stage !== 'checking' || open.proposal === undefined) return [];
    open.checks.grant(from.node, from.start);
    if (!current.acceptors.isMajorityWithSelf(open.checks)) return [];
    return this.#sendAccepts(current, open, open.proposal);
  }

  #sendAccepts(
    current: BallotState,
    open: OpenProposal,
    proposal: Proposal,
  ): readonly ProposerEffect[] {
    assert(open.stage === 'looking' || open.stage === 'checking', 'ACCEPT is sent once a decision');
    open.stage = 'accepting';
    return [
      ...current.acceptors.others.map((node) => ({ do: 'accept', node, proposal }) as const),
      ...this.#vote(current, open, proposal),
    ];
  }

  /**
   * The proposer votes last. So a node that takes over and finds an acceptance knows that a
   * majority held nothing which the proposal does not cover (K5).
   */
  #vote(current: BallotState, open: OpenProposal, proposal: Proposal): readonly ProposerEffect[] {
    if (open.stage !== 'accepting') return [];
    if (!current.acceptors.isMajorityWithSelf(open.votes)) return [];
    open.stage = 'voting';
    return current.acceptors.isMajority(open.votes) ? [] : [{ do: 'vote', proposal }];
  }

  /** What refused it is merged. Decided again only once it cannot be chosen any more. */
  #uncovered(
    current: BallotState,
    from: Sender,
    { key, id, record }: Extract<AcceptorReply, { is: 'uncovered' }>,
  ): readonly ProposerEffect[] {
    const open = this.#openUnder(key, id);
    // A majority has accepted it, or will with the own vote.
    if (open === undefined || open.stage === 'voting') return [];
    open.meet(record);
    open.votes.deny(from.node);
    const merged = record === undefined ? [] : [{ do: 'merge', key, state: record } as const];
    if (open.stage === 'accepting' && !current.acceptors.isLostWithoutSelf(open.votes))
      return merged;
    open.stage = 'looking';
    return [{ do: 'count', what: 'decided again' }, ...merged, { do: 'look', key }];
  }

  #accepted(
    current: BallotState,
    from: Sender,
    key: KeyText,
    id: ProposalId,
  ): readonly ProposerEffect[] {
    const open = this.#openUnder(key, id);
    if (open?.proposal === undefined) return current.settling.acceptedLate(from, key, id);
    open.votes.grant(from.node, from.start);
    const vote = this.#vote(current, open, open.proposal);
    if (!current.acceptors.isMajority(open.votes)) return vote;
    this.#open.delete(key);
    return [...this.#counted(current, open, open.proposal), ...this.#next(key)];
  }

  /** A majority has accepted it: answered, and learned. */
  #counted(
    current: BallotState,
    open: OpenProposal,
    proposal: Proposal,
  ): readonly ProposerEffect[] {
    const { operation, dot, takesEffect, votes } = open;
    const isKilled = dot !== undefined && !takesEffect;
    const { voided } = open;
    const asVote = votes.of(this.#self) !== true;
    return [
      answer(operation, resultOf(open)),
      ...current.settling.learnEverywhere(proposal, votes, asVote, voided),
      ...(isKilled ? KILLED : []),
      ...voided.map((one) => ({ do: 'void', key: operation.key, dot: one }) as const),
    ];
  }

  #loseOpen(): ProposerEffect[] {
    const ballot = this.#current?.candidacy.ballot ?? NO_BALLOT;
    const lost = [...this.#open.values()].map((open) => {
      const result = resultOf(open);
      const decided = open.decisions === 1 && result.is === 'applied' ? result : undefined;
      return answer(open.operation, { is: 'deposed', ballot, dot: open.dot, decided });
    });
    this.#open.clear();
    return lost;
  }
}

function resultOf(open: OpenProposal): Result {
  const { operation, takesEffect, dot, base, before, proposal, refusal } = open;
  const { change, once } = operation;
  if (refusal !== undefined) return { is: 'no room', error: refusal };
  if (takesEffect && dot !== undefined && change !== undefined && proposal !== undefined) {
    return { is: 'applied', dot, replaced: replacedBy(change, base), base, state: proposal.state };
  }
  if (once !== undefined && before !== undefined && (before !== 'open' || change === undefined)) {
    return { is: 'settled', as: before === 'open' ? 'ended' : before, dot: once.dot, state: base };
  }
  return { is: change === undefined ? 'read' : 'unmet', state: base };
}

function answer(operation: StrongOperation, result: Result): ProposerEffect {
  return { do: 'answer', operation, result };
}
