/** The acceptors of one partition, as its proposer asks them: this node and the other owners. */
import type { NodeId } from '../../environment/transport.js';
import { type Ballot, compareBallots } from '../../consensus/ballot.js';
import type { ProposerEffect } from '../../consensus/effects.js';
import type {
  AcceptorReply,
  AcceptorRequest,
  KeyText,
  Proposal,
} from '../../consensus/messages.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import type { Identity } from '../../replica/identity.js';
import type { Plans } from '../../replication/plan.js';
import { majority } from '../../replication/quorum.js';
import type { RemoteAcceptors } from './acceptors.js';
import { activationPages } from './activation-pages.js';
import type { OwnRecords } from './own-records.js';
import type { StrongWire } from './strong-wire.js';

export interface PartitionAcceptorsOptions {
  readonly self: NodeId;
  readonly acceptor: DurableAcceptor;
  readonly acceptors: RemoteAcceptors;
  readonly identity: Identity;
  readonly plans: Plans;
  /** Of one message. */
  readonly pageBytesMax: number;
}

type Activation = Extract<ProposerEffect, { do: 'activate' }>;

interface Ends {
  /** An acceptor has answered, in this start of it. */
  hear(node: NodeId, start: number, reply: AcceptorReply): void;
  /** Called with each step on this node, which may fail. */
  follow(done: Promise<void>): void;
}

/** The own promise is given last: a node that reaches no majority must not end another's ballot. */
interface OwnPrepare {
  readonly request: AcceptorRequest;
  /** So many others are needed beside it. */
  readonly after: number;
  readonly from: Set<NodeId>;
}

interface Said {
  readonly start: number;
  readonly reply: AcceptorReply;
}

export class PartitionAcceptors {
  readonly #options: PartitionAcceptorsOptions;
  readonly #partition: number;
  readonly #wire: StrongWire;
  readonly #ends: Ends;
  #ownPrepare: OwnPrepare | undefined;

  constructor(options: PartitionAcceptorsOptions, partition: number, wire: StrongWire, ends: Ends) {
    this.#options = options;
    this.#partition = partition;
    this.#wire = wire;
    this.#ends = ends;
  }

  send(node: NodeId, request: AcceptorRequest): void {
    const { self, plans, acceptors } = this.#options;
    if (node !== self) {
      acceptors.ask(node, this.#wire, this.#partition, request, (start, reply) => {
        if (reply !== undefined) this.#hear(node, start, reply);
      });
    } else if (request.is === 'prepare' && request.from === '') {
      const owners = plans.of(this.#partition).primaries.length;
      this.#ownPrepare = { request, after: majority(owners) - 1, from: new Set() };
      this.#prepareOwnInTime();
    } else this.#handleHere(request);
  }

  /** On this node: every owner has the number, or the ballot. */
  forget(effect: Extract<ProposerEffect, { do: 'forget' | 'forget ballot' }>): void {
    const { self } = this.#options;
    if (effect.do === 'forget') this.send(self, { is: effect.do, key: effect.key, id: effect.id });
    else this.send(self, { is: effect.do, ballot: effect.ballot });
  }

  /** An acceptor whose start is not known is not asked: its answer would not count. */
  accept(node: NodeId, proposal: Proposal): void {
    const start = this.#options.acceptors.startOf(node);
    if (start !== undefined) this.send(node, { is: 'accept', proposal, start });
  }

  vote(proposal: Proposal): void {
    const { acceptor } = this.#options;
    this.#hearOwn(acceptor.vote(this.#partition, proposal));
  }

  /**
   * What was counted goes into the own record (K4).
   * @throws OperatingError where it cannot: at once, or as `DurableAcceptor.settled` does
   */
  learn({ proposal, isSettled, asVote }: Extract<ProposerEffect, { do: 'learn' }>): void {
    const { self, acceptor, identity } = this.#options;
    const { start } = identity;
    const { key, id } = proposal;
    const learned = acceptor.learn(this.#partition, proposal, { isSettled, isVote: asVote });
    const heard = Promise.resolve(learned).then(() => {
      if (asVote) this.#hear(self, start, { is: 'accepted', key, id });
    });
    this.#ends.follow(heard);
  }

  /**
   * Sends ACTIVATE, page by page, while `isUnder`: where the ballot is given up meanwhile, the own
   * records may lack what the promises have brought.
   */
  async activate(effect: Activation, own: OwnRecords, isUnder: () => boolean): Promise<void> {
    const { node, brought } = effect;
    // Of all at once: whichever fails while another is under way ends the ballot.
    await Promise.all(brought.map(({ key }) => own.merged(key)));
    const recordOf = (key: KeyText) => own.recordOf(key);
    let start: number | undefined;
    for (const request of activationPages(effect, recordOf, this.#options.pageBytesMax)) {
      if (!isUnder()) return;
      const said = await this.#exchange(node, request);
      // Pages build on each other: all must be answered in the same start of the acceptor.
      if (said === undefined || (start !== undefined && start !== said.start)) return;
      start = said.start;
      if (said.reply.is !== 'activated' || request.isLast) {
        this.#ends.hear(node, start, said.reply);
        return;
      }
    }
  }

  /** Undefined: it does not answer. */
  async #exchange(node: NodeId, request: AcceptorRequest): Promise<Said | undefined> {
    const { self, acceptor, acceptors, identity } = this.#options;
    if (node === self) {
      const { start } = identity;
      const reply = await acceptor.handle(this.#partition, request);
      return reply && { start, reply };
    }
    return new Promise((resolve) => {
      acceptors.ask(node, this.#wire, this.#partition, request, (start, reply) => {
        resolve(reply && { start, reply });
      });
    });
  }

  #handleHere(request: AcceptorRequest): void {
    this.#hearOwn(this.#options.acceptor.handle(this.#partition, request));
  }

  #hearOwn(said: Promise<AcceptorReply | undefined>): void {
    const { self, identity } = this.#options;
    // What is damaged meanwhile must not look as if it was said after the damage.
    const { start } = identity;
    this.#ends.follow(
      said.then((reply) => {
        if (reply !== undefined) this.#hear(self, start, reply);
      }),
    );
  }

  #hear(node: NodeId, start: number, reply: AcceptorReply): void {
    const ownPrepare = this.#ownPrepare;
    const isPromise = reply.is === 'promised' && reply.next === undefined;
    if (isPromise && ownPrepare !== undefined && isFor(ownPrepare.request, reply.ballot)) {
      ownPrepare.from.add(node);
      this.#prepareOwnInTime();
    }
    this.#ends.hear(node, start, reply);
  }

  /** Once as many others have promised as are needed beside it. */
  #prepareOwnInTime(): void {
    const ownPrepare = this.#ownPrepare;
    if (ownPrepare === undefined || ownPrepare.from.size < ownPrepare.after) return;
    this.#ownPrepare = undefined;
    this.#handleHere(ownPrepare.request);
  }
}

function isFor(request: AcceptorRequest, ballot: Ballot): boolean {
  return 'ballot' in request && compareBallots(request.ballot, ballot) === 0;
}
