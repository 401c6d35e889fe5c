/** Other owners as acceptors: what is asked of them, and in which start each has spoken last. */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { NodeId } from '../../environment/transport.js';
import type { AcceptorReply, AcceptorRequest } from '../../consensus/messages.js';
import { messageOf, OperatingError } from '../../errors.js';
import type { Losses } from '../../replica/losses.js';
import type { Messenger } from '../../rpc/messenger.js';
import { ACCEPTOR } from './strong-messages.js';
import type { StrongWire, WireReply } from './strong-wire.js';

export interface RemoteAcceptorsOptions {
  readonly messenger: Messenger;
  readonly losses: Losses;
  readonly clock: Clock;
  readonly observer: Observer;
  /** How long an acceptor may take to answer. */
  readonly backgroundTimeoutMilliseconds: number;
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

  /** `settle` is called once, later. Undefined: it said nothing. */
  ask(
    node: NodeId,
    wire: StrongWire,
    partition: number,
    request: AcceptorRequest,
    settle: (start: number, reply: AcceptorReply | undefined) => void,
  ): void {
    const { messenger, losses, clock, backgroundTimeoutMilliseconds } = this.#options;
    const deadline = clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
    const body = { partition, request: wire.requestTo(request) };
    messenger.ask(node, ACCEPTOR, body, deadline, (answer) => {
      if (!answer.ok) {
        settle(0, undefined);
        return;
      }
      const { start, lost, reply } = answer.reply;
      losses.learnIn(partition, lost);
      this.#starts.set(node, Math.max(start, this.startOf(node) ?? 0));
      settle(start, reply === null ? undefined : this.#read(wire, node, reply));
    });
  }

  /** An answer that cannot be read is none. */
  #read(wire: StrongWire, replica: NodeId, reply: WireReply): AcceptorReply | undefined {
    try {
      return wire.replyFrom(reply);
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
