/** Other owners as acceptors: what is asked of them, and in which start each has spoken last. */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { NodeId } from '../../environment/transport.js';
import type { AcceptorReply, AcceptorRequest } from '../../consensus/messages.js';
import { messageOf, OperatingError } from '../../errors.js';
import type { Losses } from '../../replica/losses.js';
import type { LostOwners } from '../../rpc/hot-messages.js';
import type { Messenger } from '../../rpc/messenger.js';
import { type BallotRequest, BallotWire } from './ballot-wire.js';
import { PROPOSAL } from './proposal-layouts.js';
import { type ProposalRequest, ProposalWire } from './proposal-wire.js';
import { BALLOTS } from './strong-messages.js';
import type { StrongWire } from './strong-wire.js';

export interface RemoteAcceptorsOptions {
  readonly messenger: Messenger;
  readonly losses: Losses;
  readonly clock: Clock;
  readonly observer: Observer;
  /** How long an acceptor may take to answer. */
  readonly backgroundTimeoutMilliseconds: number;
}

/** In which start of the acceptor, and whose earlier answers count no more. */
interface Heard {
  readonly start: number;
  readonly lost: LostOwners;
}

export class RemoteAcceptors {
  readonly #options: RemoteAcceptorsOptions;
  readonly #starts = new Map<NodeId, number>();

  constructor(options: RemoteAcceptorsOptions) {
    this.#options = options;
  }

  /** Undefined: it has not spoken yet. */
  startOf(node: NodeId): number | undefined {
    return this.#starts.get(node);
  }

  /**
   * `settle` is called once, later; never, where there is nothing to be answered (`isAnswered`).
   * Undefined: it said nothing.
   */
  ask(
    node: NodeId,
    wire: StrongWire,
    partition: number,
    request: AcceptorRequest,
    settle: (start: number, reply: AcceptorReply | undefined) => void,
  ): void {
    if (isOfBallot(request)) this.#askBallot(node, wire, partition, request, settle);
    else this.#askProposal(node, wire, partition, request, settle);
  }

  #askBallot(
    node: NodeId,
    wire: StrongWire,
    partition: number,
    request: BallotRequest,
    settle: (start: number, reply: AcceptorReply | undefined) => void,
  ): void {
    const of = new BallotWire(wire);
    const body = { partition, request: of.requestTo(request) };
    this.#options.messenger.ask(node, BALLOTS, body, this.#deadline, (answer) => {
      if (!answer.ok) {
        settle(0, undefined);
        return;
      }
      const { start, lost, reply } = answer.reply;
      this.#heard(node, partition, { start, lost });
      settle(start, reply === null ? undefined : this.#read(node, () => of.replyFrom(reply)));
    });
  }

  #askProposal(
    node: NodeId,
    wire: StrongWire,
    partition: number,
    request: ProposalRequest,
    settle: (start: number, reply: AcceptorReply | undefined) => void,
  ): void {
    const { messenger } = this.#options;
    const of = new ProposalWire(wire);
    const body = { partition, request: of.requestTo(request) };
    if (!isAnswered(request)) {
      messenger.notify(node, PROPOSAL, body, this.#deadline);
      return;
    }
    messenger.ask(node, PROPOSAL, body, this.#deadline, (answer) => {
      if (!answer.ok) {
        settle(0, undefined);
        return;
      }
      const { start, lost, answer: said } = answer.reply;
      this.#heard(node, partition, { start, lost });
      settle(start, said && this.#read(node, () => of.answerFrom(request, said)));
    });
  }

  get #deadline(): number {
    const { clock, backgroundTimeoutMilliseconds } = this.#options;
    return clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
  }

  #heard(node: NodeId, partition: number, { start, lost }: Heard): void {
    this.#options.losses.learnIn(partition, lost);
    this.#starts.set(node, Math.max(start, this.startOf(node) ?? 0));
  }

  /** An answer that cannot be read is none. */
  #read(replica: NodeId, read: () => AcceptorReply): AcceptorReply | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      const reason = messageOf(error);
      this.#options.observer.log('warn', 'the answer of an acceptor cannot be read', {
        ...{ replica, reason },
      });
      return undefined;
    }
  }
}

function isOfBallot(request: AcceptorRequest): request is BallotRequest {
  return 'ballot' in request;
}

/** Whoever has accepted it durably has nothing to say when it is learned, or settled everywhere. */
function isAnswered(request: ProposalRequest): boolean {
  if (request.is === 'forget') return false;
  return request.is !== 'learn' || (request.state !== 'held' && !request.isSettled);
}
