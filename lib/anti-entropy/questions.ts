/** What owners ask each other in the background: each question waits equally long. */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import type { MessageType } from '../rpc/message.js';
import type { Messenger } from '../rpc/messenger.js';

export interface QuestionsOptions {
  readonly messenger: Pick<Messenger, 'request'>;
  readonly clock: Clock;
  /** How long one message of background work may wait for its answer. */
  readonly backgroundTimeoutMilliseconds: number;
}

export class Questions {
  readonly #options: QuestionsOptions;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** On the monotonic clock: until when a question that is asked now may wait. */
  get deadline(): number {
    const { clock, backgroundTimeoutMilliseconds } = this.#options;
    return clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
  }

  /** @throws OperatingError what the peer refused with, or why it could not be asked */
  ask<Request, Reply>(
    peer: NodeId,
    type: MessageType<Request, Reply>,
    body: Request,
    deadline: number = this.deadline,
  ): Promise<Reply> {
    return this.#options.messenger.request(peer, type, body, deadline);
  }
}
