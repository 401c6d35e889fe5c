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

/** The way to one target, with who waits for it. */
interface Way {
  readonly delivery: Delivery;
  running: Promise<void> | undefined;
  /** Runs in a row in which nothing was taken. */
  fruitless: number;
  /** On the monotonic clock. */
  dueAt: number;
}

/** What a target needs long for is not sent again and again: so much longer are pauses at most. */
const PAUSE_FACTOR_MAX = 8;

export class HintedHandoff {
  readonly #options: HintedHandoffOptions;
  readonly #retry: Periodic;
  readonly #ways = new Map<NodeId, Way>();
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
    for (const { delivery } of this.#ways.values()) delivery.stop();
    await this.#retry.stop();
    await Promise.all([...this.#ways.values()].map(({ running }) => running));
  }

  /** Delivers to every target that is up, and that has not just refused all. */
  async deliverAll(): Promise<void> {
    const { hints, view, clock } = this.#options;
    const now = clock.monotonicMilliseconds();
    const due = [...hints.held].filter(
      ([target, { count }]) =>
        count > 0 && view.isUp(target) && now >= (this.#ways.get(target)?.dueAt ?? 0),
    );
    await Promise.all(due.map(([target]) => this.deliverTo(target)));
  }

  /** One delivery a target at a time; a second call joins the one under way. */
  deliverTo(target: NodeId): Promise<void> {
    const { hints } = this.#options;
    if (this.#stopped || (hints.held.get(target)?.count ?? 0) === 0) return Promise.resolve();
    const way = this.#wayTo(target);
    way.running ??= this.#deliver(target, way);
    return way.running;
  }

  /** How the way to a target goes; undefined where none was taken yet. */
  wayTo(target: NodeId): { readonly delivery: Delivery; readonly isRunning: boolean } | undefined {
    const way = this.#ways.get(target);
    return way && { delivery: way.delivery, isRunning: way.running !== undefined };
  }

  #wayTo(target: NodeId): Way {
    let way = this.#ways.get(target);
    if (way === undefined) {
      const delivery = new Delivery(this.#options, target);
      way = { delivery, running: undefined, fruitless: 0, dueAt: 0 };
      this.#ways.set(target, way);
    }
    return way;
  }

  async #deliver(target: NodeId, way: Way): Promise<void> {
    const { clock, observer, hintRetryIntervalMilliseconds } = this.#options;
    let reason: string | undefined;
    try {
      await way.delivery.run();
      reason = way.delivery.obstacle;
    } catch (error) {
      reason = messageOf(error);
    }
    if (reason !== undefined) {
      observer.log('warn', 'hints could not be delivered; they will be tried again', {
        target,
        reason,
      });
    }
    way.fruitless = way.delivery.taken > 0 ? 0 : way.fruitless + 1;
    const factor = Math.min(2 ** Math.max(0, way.fruitless - 1), PAUSE_FACTOR_MAX);
    const pause = way.fruitless === 0 ? 0 : hintRetryIntervalMilliseconds * factor;
    way.dueAt = clock.monotonicMilliseconds() + pause;
    way.running = undefined;
  }
}
