/** Hinted handoff: what was held for an absent primary goes to it when it is back (Dynamo 4.6). */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import { WRITE } from '../coordination/messages.js';
import type { Hint, Hints } from '../persistence/hints.js';
import type { Messenger } from '../replication/ask.js';
import type { ClusterView } from '../replication/cluster-view.js';

export interface HintedHandoffOptions {
  readonly hints: Hints;
  readonly messenger: Messenger;
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** Hints under way to one target at once. */
  readonly batchSize: number;
  readonly retryIntervalMilliseconds: number;
  readonly timeoutMilliseconds: number;
}

export class HintedHandoff {
  readonly #options: HintedHandoffOptions;
  readonly #retry: Periodic;
  readonly #delivering = new Map<NodeId, Promise<void>>();
  #stopped = false;

  constructor(options: HintedHandoffOptions) {
    this.#options = options;
    this.#retry = new Periodic(options, {
      name: 'hinted handoff',
      intervalMilliseconds: options.retryIntervalMilliseconds,
      task: () => this.deliverAll(),
    });
  }

  start(): void {
    this.#retry.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#retry.stop();
    await Promise.all(this.#delivering.values());
  }

  /** Delivers to every target that is up. */
  async deliverAll(): Promise<void> {
    const { hints, view } = this.#options;
    const due = [...hints.held].filter(([target, { count }]) => count > 0 && view.isUp(target));
    await Promise.all(due.map(([target]) => this.deliverTo(target)));
  }

  /** One delivery a target at a time; a second call joins the one under way. */
  deliverTo(target: NodeId): Promise<void> {
    const running = this.#delivering.get(target);
    if (running !== undefined) return running;
    const delivery = this.#deliver(target)
      .catch((error: unknown) => {
        this.#options.observer.log('warn', 'handoff stopped; it will be tried again', {
          target,
          reason: messageOf(error),
        });
      })
      .finally(() => this.#delivering.delete(target));
    this.#delivering.set(target, delivery);
    return delivery;
  }

  /** A hint that fails keeps no other back; it is tried again with the next round. */
  async #deliver(target: NodeId): Promise<void> {
    const { hints, view, batchSize } = this.#options;
    let from: string | undefined = '';
    const failures: unknown[] = [];
    while (from !== undefined && !this.#stopped && view.isUp(target)) {
      const { hints: batch, next } = await hints.page(target, from, batchSize);
      const outcomes = await Promise.allSettled(batch.map((hint) => this.#handOver(hint)));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined && failures.length === 0) failures.push(failed.reason);
      from = next;
    }
    if (failures.length > 0) throw failures[0];
  }

  /** The version keeps its dot, so a second delivery changes nothing. */
  async #handOver(hint: Hint): Promise<void> {
    const { messenger, clock, hints, timeoutMilliseconds } = this.#options;
    const { target, at, bytes } = hint;
    const { namespace, key } = at;
    const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
    const copy = { namespace, key, record: bytes, durability: 'sync' as const };
    await messenger.request(target, WRITE, copy, deadline);
    await hints.remove(hint);
  }
}
