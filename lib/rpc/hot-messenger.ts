/** All messages of fixed layout (hot-messages.ts), as they leave and as they arrive. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId, Transport } from '../environment/transport.js';
import { corruptLayout } from '../encoding/layout.js';
import type { ExecutedRequests } from './executed-requests.js';
import { decodeRefused } from './hot-layout.js';
import { HOT, type HotKind, type HotMessage } from './hot-messages.js';
import { ItemAdmission } from './item-admission.js';
import { LayoutMessenger } from './layout-messenger.js';
import { isLayout } from './layout-type.js';
import type { MembershipCheck } from './membership-check.js';
import { Outbox } from './outbox.js';
import { ReplicaMessenger, type ReplicaMessengerOptions } from './replica-messenger.js';
import type { Slots } from './slots.js';

export interface HotMessengerOptions
  extends Pick<ReplicaMessengerOptions, 'onAnswer' | 'onNumbers' | 'check'> {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly slots: Slots;
  readonly executed: ExecutedRequests;
  readonly check: () => MembershipCheck;
}

export class HotMessenger {
  readonly #options: HotMessengerOptions;
  readonly #outbox: Outbox;
  /** Reads and copies of keys. */
  readonly replicas: ReplicaMessenger;
  /** What other folders declare. */
  readonly layouts: LayoutMessenger;

  constructor(options: HotMessengerOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      transport: options.transport,
      commitNumber: () => this.replicas.commitNumber,
      onUnsent: (to, message) => {
        if (isOfType(message[0])) this.layouts.unsent(to, message);
        else this.replicas.unsent(to, message);
      },
    });
    const admission = new ItemAdmission({ ...options, outbox: this.#outbox });
    const common = { ...options, outbox: this.#outbox, admission };
    this.replicas = new ReplicaMessenger(common);
    this.layouts = new LayoutMessenger(common);
  }

  /** @throws OperatingError `corrupt_bytes`: nothing of a bad message is served */
  receive(from: NodeId, message: HotMessage): void {
    switch (message[0]) {
      case HOT.asked:
        this.layouts.receiveAsked(from, message);
        break;
      case HOT.answered:
        this.layouts.receiveAnswered(from, message);
        break;
      case HOT.refused:
        this.#receiveRefused(from, message);
        break;
      default:
        this.replicas.receive(from, message);
    }
  }

  linkClosed(peer: NodeId): void {
    this.#outbox.forget(peer);
  }

  #receiveRefused(from: NodeId, message: HotMessage): void {
    const { slots, onAnswer } = this.#options;
    for (const { slot, generation, error } of decodeRefused(message)) {
      const waiting = slots.find(from, slot, generation);
      if (waiting === undefined) continue;
      const { awaits } = waiting;
      if (awaits !== HOT.reads && awaits !== HOT.copies && !isLayout(awaits)) throw corruptLayout();
      onAnswer(from);
      slots.settle(waiting, { ok: false, error });
    }
  }
}

function isOfType(kind: HotKind): boolean {
  return kind === HOT.asked || kind === HOT.answered;
}
