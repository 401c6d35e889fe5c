/** Hinted handoff: what was held for an absent primary goes to it when it is back (Dynamo 4.6). */
import { Periodic } from '../environment/periodic.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import { Delivery, type DeliveryOptions } from './delivery.js';

export interface HintedHandoffOptions extends DeliveryOptions {
  readonly random: Random;
  readonly observer: Observer;
  readonly hintRetryIntervalMilliseconds: number;
}

/** The deliveries to one target: the one that runs, and when the next may begin. */
interface TargetDelivery {
  readonly delivery: Delivery;
  running: Promise<void> | undefined;
  /** Runs in a row in which nothing was taken. */
  fruitless: number;
  /** On the monotonic clock. */
  dueAt: number;
}

/** Pauses grow while a target takes nothing: at most to so many retry intervals. */
const PAUSE_FACTOR_MAX = 8;

export class HintedHandoff {
  readonly #options: HintedHandoffOptions;
  readonly #retry: Periodic;
  readonly #targets = new Map<NodeId, TargetDelivery>();
  #stopped = false;

  constructor(options: HintedHandoffOptions) {
    this.#options = options;
    this.#retry = new Periodic(options, {
      name: 'hinted handoff',
      intervalMilliseconds: options.hintRetryIntervalMilliseconds,
      task: () => this.deliverAll(),
    });
  }

  start(): void {
    this.#retry.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { delivery } of this.#targets.values()) delivery.stop();
    await this.#retry.stop();
    await Promise.all([...this.#targets.values()].map(({ running }) => running));
  }

  /**
   * Begins a delivery to every target that is up, and that has not just refused all. It waits for
   * none: one may last for hours, and the next round must come for the other targets.
   */
  deliverAll(): void {
    const { hints, view, clock } = this.#options;
    const now = clock.monotonicMilliseconds();
    const due = [...hints.held].filter(
      ([target, { count }]) =>
        count > 0 && view.isUp(target) && now >= (this.#targets.get(target)?.dueAt ?? 0),
    );
    for (const [target] of due) void this.deliverTo(target);
  }

  /** One delivery a target at a time; a second call joins the one that runs. */
  deliverTo(target: NodeId): Promise<void> {
    const { hints } = this.#options;
    if (this.#stopped || (hints.held.get(target)?.count ?? 0) === 0) return Promise.resolve();
    const entry = this.#targetOf(target);
    entry.running ??= this.#deliver(target, entry);
    return entry.running;
  }

  /** The delivery to a target; undefined where there was none yet. */
  deliveryTo(
    target: NodeId,
  ): { readonly delivery: Delivery; readonly isRunning: boolean } | undefined {
    const entry = this.#targets.get(target);
    return entry && { delivery: entry.delivery, isRunning: entry.running !== undefined };
  }

  #targetOf(target: NodeId): TargetDelivery {
    let entry = this.#targets.get(target);
    if (entry === undefined) {
      const delivery = new Delivery(this.#options, target);
      entry = { delivery, running: undefined, fruitless: 0, dueAt: 0 };
      this.#targets.set(target, entry);
    }
    return entry;
  }

  /** Never fails: what goes wrong is logged, and tried again. */
  async #deliver(target: NodeId, entry: TargetDelivery): Promise<void> {
    const { clock, observer, hintRetryIntervalMilliseconds } = this.#options;
    let reason: string | undefined;
    try {
      await entry.delivery.run();
      reason = entry.delivery.refusalCode;
    } catch (error) {
      reason = messageOf(error);
    }
    if (reason !== undefined) {
      observer.log('warn', 'hints could not be delivered; they will be tried again', {
        target,
        reason,
      });
    }
    entry.fruitless = entry.delivery.taken > 0 ? 0 : entry.fruitless + 1;
    const factor = Math.min(2 ** Math.max(0, entry.fruitless - 1), PAUSE_FACTOR_MAX);
    const pause = entry.fruitless === 0 ? 0 : hintRetryIntervalMilliseconds * factor;
    entry.dueAt = clock.monotonicMilliseconds() + pause;
    entry.running = undefined;
  }
}
