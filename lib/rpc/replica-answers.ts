/** Answering for the replicas of this node: reads and copies that came in one message. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { assert, OperatingError } from '../errors.js';
import { decodeCopies, decodeReads, writeShown, writeStored } from './hot-layout.js';
import {
  type CopyReply,
  type CopyRequest,
  HOT,
  type HotMessage,
  liesBeside,
  type ReadReply,
  type ReadRequest,
  type SlotId,
} from './hot-messages.js';
import type { ItemAdmission } from './item-admission.js';
import type { Outbox } from './outbox.js';

export interface ReplicaHandlers {
  /** @throws OperatingError why it is refused */
  read(request: ReadRequest): ReadReply | Promise<ReadReply>;
  /**
   * All copies of a message. `settle` is called once for each, by its place among them: with the
   * answer, or with the error for which it is refused.
   */
  copies(
    requests: readonly CopyRequest[],
    settle: (place: number, outcome: CopyReply | Error) => void,
  ): void;
  /** What of this node's disk is durable. */
  commitNumber(): number;
}

export interface ReplicaAnswersOptions {
  readonly observer: Observer;
  readonly outbox: Outbox;
  readonly admission: ItemAdmission;
}

/** As they are counted. */
const READ = 'coordination.read';
const COPY = 'coordination.write';
const READ_SERVED = { type: READ, result: 'ok' } as const;
const COPY_SERVED = { type: COPY, result: 'ok' } as const;

export class ReplicaAnswers {
  readonly #options: ReplicaAnswersOptions;
  #handlers: ReplicaHandlers | undefined;

  constructor(options: ReplicaAnswersOptions) {
    this.#options = options;
  }

  serve(handlers: ReplicaHandlers): void {
    assert(this.#handlers === undefined, 'replicas are served by one part');
    this.#handlers = handlers;
  }

  get commitNumber(): number {
    return this.#handlers?.commitNumber() ?? 0;
  }

  receiveReads(from: NodeId, message: HotMessage): void {
    const { items, ...head } = decodeReads(message);
    this.#options.admission.admit(from, head, items, READ, (inTime) => {
      for (const item of inTime) this.#show(from, item);
    });
  }

  receiveCopies(from: NodeId, message: HotMessage): void {
    const { items, ...head } = decodeCopies(message);
    this.#options.admission.admit(from, head, items, COPY, (inTime) => {
      this.#served().copies(inTime, (place, outcome) => {
        const item = inTime[place];
        assert(item !== undefined, 'what is settled was asked');
        if (outcome instanceof Error) this.#options.admission.refuse(from, item, outcome);
        else this.#acknowledge(from, item, outcome);
      });
    });
  }

  #served(): ReplicaHandlers {
    if (this.#handlers !== undefined) return this.#handlers;
    throw new OperatingError('not_implemented', 'no replicas are served here');
  }

  #show(from: NodeId, item: ReadRequest & SlotId): void {
    try {
      const shown = this.#served().read(item);
      if (shown instanceof Promise) {
        const answer = (later: ReadReply): void => this.#answerRead(from, item, later);
        const refuse = (error: unknown): void => this.#options.admission.refuse(from, item, error);
        // Also of what goes wrong where it is answered, as below.
        shown.then(answer).catch(refuse);
      } else this.#answerRead(from, item, shown);
    } catch (error) {
      this.#options.admission.refuse(from, item, error);
    }
  }

  #answerRead(to: NodeId, id: SlotId, reply: ReadReply): void {
    const { observer, outbox } = this.#options;
    observer.count('quorate_peer_messages_total', READ_SERVED);
    const { start: first, record } = reply;
    const item = { kind: HOT.shown, first, second: 0, write: writeShown, id, body: reply };
    const isSent = liesBeside(record) ? outbox.sendLarge(to, item, record) : outbox.add(to, item);
    if (!isSent) this.#options.admission.refuseUnsent(to, id);
  }

  #acknowledge(to: NodeId, id: SlotId, reply: CopyReply): void {
    const { observer, outbox } = this.#options;
    observer.count('quorate_peer_messages_total', COPY_SERVED);
    const first = reply.start;
    const item = { kind: HOT.stored, first, second: 0, write: writeStored, id, body: reply };
    if (!outbox.add(to, item)) this.#options.admission.refuseUnsent(to, id);
  }
}
