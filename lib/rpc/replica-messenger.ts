/** Asking the replicas of a key elsewhere, by messages of fixed layout. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { corruptLayout } from '../encoding/layout.js';
import {
  decodeCopies,
  decodeReads,
  decodeShown,
  decodeStoredItems,
  type WriteItem,
  writeCopy,
  writeRead,
} from './hot-layout.js';
import {
  type CopyReply,
  type CopyRequest,
  HOT,
  type HotKind,
  type HotMessage,
  liesBeside,
  type ReadReply,
  type ReadRequest,
  type SlotId,
} from './hot-messages.js';
import type { ItemAdmission } from './item-admission.js';
import type { MembershipCheck } from './membership-check.js';
import type { Outbox } from './outbox.js';
import { ReplicaAnswers, type ReplicaHandlers } from './replica-answers.js';
import type { PeerAnswer, Slot, Slots } from './slots.js';

export interface ReplicaMessengerOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly slots: Slots;
  readonly outbox: Outbox;
  readonly admission: ItemAdmission;
  readonly check: () => MembershipCheck;
  /** What was asked and what came back have both arrived. */
  readonly onAnswer: (peer: NodeId) => void;
  readonly onNumbers: (peer: NodeId, numbers: { start: number; commit: number }) => void;
}

export class ReplicaMessenger {
  readonly #options: ReplicaMessengerOptions;
  readonly #answers: ReplicaAnswers;

  constructor(options: ReplicaMessengerOptions) {
    this.#options = options;
    this.#answers = new ReplicaAnswers(options);
  }

  /** What of this node's disk is durable. */
  get commitNumber(): number {
    return this.#answers.commitNumber;
  }

  /** What this node answers to its peers. */
  serve(handlers: ReplicaHandlers): void {
    this.#answers.serve(handlers);
  }

  /**
   * What does the peer hold? `settle` is called exactly once, at the latest shortly after the
   * deadline, and never before this call has returned.
   * @param deadline on the monotonic clock
   */
  read(
    to: NodeId,
    request: ReadRequest,
    deadline: number,
    settle: (answer: PeerAnswer<ReadReply>) => void,
  ): void {
    this.#ask(to, HOT.reads, writeRead, request, deadline, settle);
  }

  /** The peer is to merge a state: the same. */
  copy(
    to: NodeId,
    request: CopyRequest,
    deadline: number,
    settle: (answer: PeerAnswer<CopyReply>) => void,
  ): void {
    this.#ask(to, HOT.copies, writeCopy, request, deadline, settle);
  }

  /** @throws OperatingError `corrupt_bytes`: nothing of a bad message is served */
  receive(from: NodeId, message: HotMessage): void {
    switch (message[0]) {
      case HOT.reads:
        this.#answers.receiveReads(from, message);
        break;
      case HOT.copies:
        this.#answers.receiveCopies(from, message);
        break;
      case HOT.shown:
        this.#settleAll(from, HOT.reads, decodeShown(message));
        break;
      case HOT.stored: {
        const { start, commit, items } = decodeStoredItems(message);
        // Where nobody waits any more, it may be an answer to an earlier life of this node.
        const isAwaited = this.#settleAll(from, HOT.copies, items);
        if (isAwaited) this.#options.onNumbers(from, { start, commit });
        break;
      }
      default:
        throw corruptLayout();
    }
  }

  /** The link has no room for what was to leave with this turn. */
  unsent(to: NodeId, message: HotMessage): void {
    const { slots, admission } = this.#options;
    const kind = message[0];
    if (kind === HOT.reads || kind === HOT.copies) {
      const decode = kind === HOT.reads ? decodeReads : decodeCopies;
      const error = new OperatingError('overloaded', `too much waits for ${to}`);
      for (const { slot, generation } of decode(message).items) {
        const waiting = slots.find(to, slot, generation);
        if (waiting !== undefined) slots.settle(waiting, { ok: false, error });
      }
    } else if (kind !== HOT.refused) {
      const items = kind === HOT.shown ? decodeShown(message) : decodeStoredItems(message).items;
      for (const item of items) admission.refuseUnsent(to, item);
    }
  }

  #ask<Request extends ReadRequest | CopyRequest, Reply>(
    to: NodeId,
    kind: HotKind,
    write: WriteItem<Slot, Request>,
    request: Request,
    deadline: number,
    settle: (answer: PeerAnswer<Reply>) => void,
  ): void {
    const { slots, outbox, check } = this.#options;
    slots.ask({ to, deadline, awaits: kind, settle }, (id) => {
      const { epoch: first, settingsHash: second } = check();
      const item = { kind, first, second, write, id, body: request };
      const record = 'record' in request ? request.record : null;
      return liesBeside(record) ? outbox.sendLarge(to, item, record) : outbox.add(to, item);
    });
  }

  /** True: somebody waited for one of them. */
  #settleAll<Reply extends ReadReply | CopyReply>(
    from: NodeId,
    awaits: HotKind,
    items: readonly (SlotId & Reply)[],
  ): boolean {
    const { slots } = this.#options;
    const waiting = items.map(({ slot, generation }) => {
      const found = slots.find(from, slot, generation);
      if (found !== undefined && found.awaits !== awaits) throw corruptLayout();
      return found;
    });
    const isAwaited = waiting.some((slot) => slot !== undefined);
    if (isAwaited) this.#options.onAnswer(from);
    for (const reply of items) {
      // Anew: one that was settled before may have ended the wait of another.
      const slot = slots.find(from, reply.slot, reply.generation);
      if (slot !== undefined) slots.settle(slot, { ok: true, reply });
    }
    return isAwaited;
  }
}
