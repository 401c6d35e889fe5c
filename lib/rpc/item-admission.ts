/** Which items of a message of fixed layout are served, and how others are refused. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { writeRefused } from './hot-layout.js';
import { HOT, type RequestHead, type SlotId, type TimeLeft } from './hot-messages.js';
import { isNotification } from './layout-items.js';
import type { MembershipCheck } from './membership-check.js';
import type { Outbox } from './outbox.js';
import { refusalOf } from './refusal.js';

export interface ItemAdmissionOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly outbox: Outbox;
  readonly check: () => MembershipCheck;
}

export class ItemAdmission {
  readonly #options: ItemAdmissionOptions;

  constructor(options: ItemAdmissionOptions) {
    this.#options = options;
  }

  /**
   * A peer that differs is reconciled with first, or refused (M3); late work is not begun.
   * @param type as it is counted
   * @param run with those that are in time, and when they came
   */
  admit<Item extends SlotId & TimeLeft>(
    from: NodeId,
    { epoch, settingsHash }: RequestHead,
    items: readonly Item[],
    type: string,
    run: (inTime: readonly Item[], arrivedAt: number) => void,
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
        if (inTime.length > 0) run(inTime, arrivedAt);
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

  refuse(to: NodeId, id: SlotId, reason: unknown): void {
    const error = refusalOf(reason, this.#options.observer);
    if (isNotification(id)) return;
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

  #withoutLate<Item extends TimeLeft>(items: readonly Item[], passed: number, type: string) {
    const inTime = items.filter(({ leftMilliseconds }) => leftMilliseconds > passed);
    const late = items.length - inTime.length;
    this.#options.observer.count('quorate_late_messages_total', { type }, late);
    return inTime;
  }
}
