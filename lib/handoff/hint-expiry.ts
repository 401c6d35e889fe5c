/** The end of hints that could not be delivered: by age or for room, never as the only copies. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import type { Hints } from '../persistence/hints.js';
import type { Holdings } from './holdings.js';

export interface HintExpiryOptions {
  readonly hints: Hints;
  readonly holdings: Holdings;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly hintAgeMaxMilliseconds: number;
  readonly hintRetryIntervalMilliseconds: number;
}

/** Hints of one target that are looked at in one round. */
const PAGE = 128;

/**
 * Invariant: a hint leaves undelivered only where a majority of the owners of its key say that
 * they hold or cover each of its versions durably. The wall clock says when to ask, never more.
 */
export class HintExpiry {
  readonly #options: HintExpiryOptions;
  readonly #rounds: Periodic;
  /** Where the next round goes on: hints that must stay keep no other from being looked at. */
  readonly #cursors = new Map<NodeId, string>();

  constructor(options: HintExpiryOptions) {
    this.#options = options;
    this.#rounds = new Periodic(options, {
      name: 'hint expiry',
      intervalMilliseconds: options.hintRetryIntervalMilliseconds,
      task: () => this.round(),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** A page of each target, one after the other. */
  async round(): Promise<void> {
    for (const [target, { count }] of this.#options.hints.held) {
      if (count > 0) await this.#look(target);
    }
  }

  /** Where the quota is full, the oldest make room, whatever their age. */
  async #look(target: NodeId): Promise<void> {
    const { hints, holdings, clock, observer, hintAgeMaxMilliseconds } = this.#options;
    const before = hints.hasRoom(target)
      ? clock.wallMilliseconds() - hintAgeMaxMilliseconds
      : Number.POSITIVE_INFINITY;
    const from = this.#cursors.get(target) ?? '';
    const { hints: page, next } = await hints.aged(target, from, before, PAGE);
    if (next === undefined) this.#cursors.delete(target);
    else this.#cursors.set(target, next);
    if (page.length === 0) return;
    const safe = await holdings.safe(page);
    const kept = page.length - safe.length;
    if (kept > 0) observer.count('quorate_hints_kept_total', {}, kept);
    if (safe.length > 0) await hints.remove(safe, 'expired');
  }
}
