/** Asking peers by messages of declared layouts (layout-type.ts), and answering such. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { corruptLayout } from '../encoding/layout.js';
import { assert, OperatingError } from '../errors.js';
import type { ExecutedRequests } from './executed-requests.js';
import type { WriteItem } from './hot-layout.js';
import { HOT, type HotMessage, type SlotId, type TimeLeft } from './hot-messages.js';
import type { ItemAdmission } from './item-admission.js';
import {
  type AnyType,
  type AskedItem,
  decodeAnswered,
  decodeAsked,
  isNotification,
  NOTIFICATION,
  writeAnsweredOf,
  writeAskedOf,
} from './layout-items.js';
import type { LayoutType } from './layout-type.js';
import type { MembershipCheck } from './membership-check.js';
import type { Incoming, MessageHandler } from './message.js';
import type { Outbox } from './outbox.js';
import { numberOfSlot, type PeerAnswer, type Slots } from './slots.js';

export interface LayoutMessengerOptions {
  readonly observer: Observer;
  readonly slots: Slots;
  readonly outbox: Outbox;
  readonly admission: ItemAdmission;
  readonly executed: ExecutedRequests;
  readonly check: () => MembershipCheck;
  readonly onAnswer: (peer: NodeId) => void;
}

/** A type with what was made of it once. */
interface Known {
  readonly type: AnyType;
  readonly writeAsked: WriteItem<SlotId & TimeLeft, unknown>;
  readonly writeAnswered: WriteItem<SlotId, unknown>;
  handler: Handler | undefined;
  /** Called for every reply that came in time. */
  onReply: (peer: NodeId, reply: unknown) => void;
}

interface Handler {
  readonly once: boolean;
  readonly run: (request: unknown, incoming: Incoming) => unknown;
}

export class LayoutMessenger {
  readonly #options: LayoutMessengerOptions;
  readonly #known = new Map<number, Known>();

  constructor(options: LayoutMessengerOptions) {
    this.#options = options;
  }

  handle<Request, Reply>(
    type: LayoutType<Request, Reply>,
    handler: MessageHandler<Request, Reply>,
    { once }: { readonly once: boolean },
  ): void {
    const known = this.#knownAs(type);
    assert(known.handler === undefined, `one handler for ${type.name}`);
    known.handler = { once, run: (request, incoming) => handler(request as Request, incoming) };
  }

  /** As `Messenger.onReply`. */
  onReply<Request, Reply>(
    type: LayoutType<Request, Reply>,
    listener: (peer: NodeId, reply: Reply) => void,
  ): void {
    this.#knownAs(type).onReply = listener as (peer: NodeId, reply: unknown) => void;
  }

  /** As `Messenger.ask`. */
  ask<Request, Reply>(
    to: NodeId,
    type: LayoutType<Request, Reply>,
    body: Request,
    deadline: number,
    settle: (answer: PeerAnswer<Reply>) => void,
  ): void {
    const { slots } = this.#options;
    slots.ask({ to, deadline, awaits: type, settle }, (slot) => this.#add(to, type, slot, body));
  }

  /** A notification: nobody waits for an answer, or knows whether it arrives. */
  notify<Request>(
    to: NodeId,
    type: LayoutType<Request, unknown>,
    body: Request,
    leftMilliseconds: number,
  ): void {
    this.#add(to, type, { ...NOTIFICATION, leftMilliseconds }, body);
  }

  /** @throws OperatingError `corrupt_bytes`: nothing of a bad message is served */
  receiveAsked(from: NodeId, message: HotMessage): void {
    const { type, items, ...head } = decodeAsked(message, this.#typeOf);
    if (!type.mayBeNotification && items.some(isNotification)) throw corruptLayout();
    const fresh = this.#knownAs(type).handler?.once ? this.#withoutRepeated(from, items) : items;
    this.#options.admission.admit(from, head, fresh, type.name, (inTime, arrivedAt) => {
      for (const item of inTime) {
        const deadline = arrivedAt + item.leftMilliseconds;
        this.#serve({ from, deadline }, type, item);
      }
    });
  }

  /** @throws OperatingError `corrupt_bytes` */
  receiveAnswered(from: NodeId, message: HotMessage): void {
    const { slots, onAnswer } = this.#options;
    const { type, items } = decodeAnswered(message, this.#typeOf);
    const { onReply } = this.#knownAs(type);
    for (const { slot, generation } of items) {
      const waiting = slots.find(from, slot, generation);
      if (waiting !== undefined && waiting.awaits !== type) throw corruptLayout();
    }
    for (const { slot, generation, body } of items) {
      const waiting = slots.find(from, slot, generation);
      // An answer after the deadline, or one of an earlier life of this node.
      if (waiting === undefined) continue;
      onAnswer(from);
      onReply(from, body);
      slots.settle(waiting, { ok: true, reply: body });
    }
  }

  /** The link has no room for what was to leave with this turn. */
  unsent(to: NodeId, message: HotMessage): void {
    const { slots, admission } = this.#options;
    if (message[0] === HOT.answered) {
      const { items } = decodeAnswered(message, this.#typeOf);
      for (const item of items) admission.refuseUnsent(to, item);
      return;
    }
    const error = new OperatingError('overloaded', `too much waits for ${to}`);
    for (const { slot, generation } of decodeAsked(message, this.#typeOf).items) {
      const waiting = slots.find(to, slot, generation);
      if (waiting !== undefined) slots.settle(waiting, { ok: false, error });
    }
  }

  readonly #typeOf = (number: number): AnyType | undefined => this.#known.get(number)?.type;

  #add<Request>(
    to: NodeId,
    type: LayoutType<Request, unknown>,
    id: SlotId & TimeLeft,
    body: Request,
  ): boolean {
    const { outbox, check } = this.#options;
    const { epoch: first, settingsHash: second } = check();
    const { writeAsked: write } = this.#knownAs(type);
    return outbox.add(to, { kind: HOT.asked, type: type.number, first, second, write, id, body });
  }

  #serve(incoming: Incoming, type: AnyType, item: AskedItem): void {
    const { admission } = this.#options;
    const { from } = incoming;
    const known = this.#knownAs(type);
    const { handler } = known;
    if (handler === undefined) {
      const message = `no message ${type.name}`;
      admission.refuse(from, item, new OperatingError('not_implemented', message));
      return;
    }
    const answer = (reply: unknown): void => this.#answer(from, item, known, reply);
    const refuse = (error: unknown): void => admission.refuse(from, item, error);
    try {
      const reply = handler.run(item.body, incoming);
      if (reply instanceof Promise) reply.then(answer).catch(refuse);
      else answer(reply);
    } catch (error) {
      refuse(error);
    }
  }

  /** Noted before it is admitted: what was refused here must not be done when it comes again. */
  #withoutRepeated(from: NodeId, items: readonly AskedItem[]): readonly AskedItem[] {
    const { executed } = this.#options;
    return items.filter((item) => isNotification(item) || executed.note(from, numberOfSlot(item)));
  }

  #answer(to: NodeId, id: SlotId, { type, writeAnswered: write }: Known, body: unknown): void {
    const { observer, outbox, admission } = this.#options;
    observer.count('quorate_peer_messages_total', { type: type.name, result: 'ok' });
    if (isNotification(id)) return;
    const head = { kind: HOT.answered, type: type.number, first: 0, second: 0 };
    if (!outbox.add(to, { ...head, write, id, body })) admission.refuseUnsent(to, id);
  }

  #knownAs<Request, Reply>(type: LayoutType<Request, Reply>): Known {
    const { number } = type;
    let known = this.#known.get(number);
    if (known === undefined) {
      const any = type as AnyType;
      known = {
        ...{ type: any, handler: undefined, onReply: () => undefined },
        writeAsked: writeAskedOf(any.request),
        writeAnswered: writeAnsweredOf(any.reply),
      };
      this.#known.set(number, known);
    }
    assert(known.type === (type as AnyType), `one type has the number ${number}`);
    return known;
  }
}
