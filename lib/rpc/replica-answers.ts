/** Answering for the replicas of this node: reads and copies that came in one message. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { assert, OperatingError } from '../errors.js';
import { decodeCopies, decodeReads, writeRefused, writeShown, writeStored } from './hot-layout.js';
import {
  type CopyReply,
  type CopyRequest,
  HOT,
  type HotMessage,
  liesBeside,
  type ReadReply,
  type ReadRequest,
  type RequestHead,
  type SlotId,
} from './hot-messages.js';
import type { MembershipCheck } from './membership-check.js';
import type { Outbox } from './outbox.js';
import { refusalOf } from './refusal.js';

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
  readonly clock: Clock;
  readonly observer: Observer;
  readonly outbox: Outbox;
  readonly check: () => MembershipCheck;
}

/** As they are counted. */
const READ = 'coordination.read';
const COPY = 'coordination.write';
const READ_SERVED = { type: READ, result: 'ok' } as const;
const COPY_SERVED = { type: COPY, result: 'ok' } as const;

type Item = SlotId & { readonly leftMilliseconds: number };

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
    this.#admit(from, head, items, READ, (inTime) => {
      for (const item of inTime) this.#show(from, item);
    });
  }

  receiveCopies(from: NodeId, message: HotMessage): void {
    const { items, ...head } = decodeCopies(message);
    this.#admit(from, head, items, COPY, (inTime) => {
      this.#served().copies(inTime, (place, outcome) => {
        const item = inTime[place];
        assert(item !== undefined, 'what is settled was asked');
        if (outcome instanceof Error) this.refuse(from, item, outcome);
        else this.#acknowledge(from, item, outcome);
      });
    });
  }

  refuse(to: NodeId, id: SlotId, reason: unknown): void {
    const error = refusalOf(reason, this.#options.observer);
    // Where that cannot leave either, whoever asked waits until its deadline.
    const kind = HOT.refused;
    const write = writeRefused;
    this.#options.outbox.add(to, { kind, first: 0, second: 0, write, id, body: error });
  }

  /** It was done, and the answer finds no room on the link. */
  refuseUnsent(to: NodeId, item: SlotId): void {
    const message = 'the answer is too long to be sent now';
    this.refuse(to, item, new OperatingError('overloaded', message, { outcome: 'unknown' }));
  }

  #served(): ReplicaHandlers {
    if (this.#handlers !== undefined) return this.#handlers;
    throw new OperatingError('not_implemented', 'no replicas are served here');
  }

  /** A peer that differs is reconciled with first, or refused (M3); late work is not begun. */
  #admit<One extends Item>(
    from: NodeId,
    { epoch, settingsHash }: RequestHead,
    items: readonly One[],
    type: string,
    run: (inTime: readonly One[]) => void,
  ): void {
    const { clock, check } = this.#options;
    const arrivedAt = clock.monotonicMilliseconds();
    const refuseAll = (error: unknown): void => {
      for (const item of items) this.refuse(from, item, error);
    };
    const serve = (passed: number): void => {
      const inTime = items.every(({ leftMilliseconds }) => leftMilliseconds > passed)
        ? items
        : this.#withoutLate(items, passed, type);
      try {
        if (inTime.length > 0) run(inTime);
      } catch (error) {
        refuseAll(error);
      }
    };
    const now = check();
    const alike = epoch === now.epoch && settingsHash === now.settingsHash;
    if (alike && now.isVerified(from)) serve(0);
    else {
      const later = (): void => serve(clock.monotonicMilliseconds() - arrivedAt);
      now.reconcile(from, epoch, settingsHash).then(later, refuseAll);
    }
  }

  #withoutLate<One extends Item>(items: readonly One[], passed: number, type: string): One[] {
    const inTime = items.filter(({ leftMilliseconds }) => leftMilliseconds > passed);
    const late = items.length - inTime.length;
    this.#options.observer.count('quorate_late_messages_total', { type }, late);
    return inTime;
  }

  #show(from: NodeId, item: ReadRequest & SlotId): void {
    try {
      const shown = this.#served().read(item);
      if (shown instanceof Promise) {
        shown.then(
          (later) => this.#answerRead(from, item, later),
          (error: unknown) => this.refuse(from, item, error),
        );
      } else this.#answerRead(from, item, shown);
    } catch (error) {
      this.refuse(from, item, error);
    }
  }

  #answerRead(to: NodeId, id: SlotId, reply: ReadReply): void {
    const { observer, outbox } = this.#options;
    observer.count('quorate_peer_messages_total', READ_SERVED);
    const { start: first, record } = reply;
    const item = { kind: HOT.shown, first, second: 0, write: writeShown, id, body: reply };
    const isSent = liesBeside(record) ? outbox.sendLarge(to, item, record) : outbox.add(to, item);
    if (!isSent) this.refuseUnsent(to, id);
  }

  #acknowledge(to: NodeId, id: SlotId, reply: CopyReply): void {
    const { observer, outbox } = this.#options;
    observer.count('quorate_peer_messages_total', COPY_SERVED);
    const first = reply.start;
    const item = { kind: HOT.stored, first, second: 0, write: writeStored, id, body: reply };
    if (!outbox.add(to, item)) this.refuseUnsent(to, id);
  }
}
