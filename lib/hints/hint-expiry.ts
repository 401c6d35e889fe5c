/** Hints that could not be delivered leave by age, or for room; never as the only copies. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { type ExpiryClock, futureFrom } from '../persistence/expiry-clock.js';
import type { Hints } from './hints.js';
import type { Hint } from './hint-records.js';
import { hintAgesOf } from '../persistence/keyspace.js';
import type { Holdings } from './holdings.js';

export interface HintExpiryOptions {
  readonly hints: Hints;
  readonly holdings: Pick<Holdings, 'safe'>;
  readonly clock: Clock;
  readonly expiryClock: ExpiryClock;
  readonly random: Random;
  readonly observer: Observer;
  readonly hintAgeMaxMilliseconds: number;
  readonly hintRetryIntervalMilliseconds: number;
}

/** Hints of one target that are looked at in one round. */
const PAGE = 128;

/**
 * Invariant: a hint leaves undelivered only where a majority of the owners of its key say that
 * they hold or cover each of its versions durably. A clock says when to ask, never more.
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

  /**
   * A page of each target, one after the other. One that fails keeps no other from being looked at;
   * the round fails at its end.
   */
  async round(): Promise<void> {
    const failures: unknown[] = [];
    for (const [target, { count }] of this.#options.hints.held) {
      if (count > 0) await this.#look(target).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #look(target: NodeId): Promise<void> {
    const { holdings, hints, observer } = this.#options;
    const page = await this.#due(target);
    if (page.length === 0) return;
    const safe = await holdings.safe(page);
    const kept = page.length - safe.length;
    if (kept > 0) observer.count('quorate_hints_kept_total', {}, kept);
    if (safe.length > 0) await hints.remove(safe, 'expired');
  }

  /**
   * Where the quota is full, the oldest make room, whatever their age. Those of no known age, which
   * a clock that was wrong has dated, are looked at after the old ones.
   */
  async #due(target: NodeId): Promise<Hint[]> {
    const { hints, expiryClock, hintAgeMaxMilliseconds } = this.#options;
    const now = expiryClock.now();
    const isFull = !hints.hasRoom(target);
    if (now === undefined && !isFull) return [];
    const before =
      now === undefined || isFull ? Number.POSITIVE_INFINITY : now - hintAgeMaxMilliseconds;
    const from = this.#cursors.get(target) ?? '';
    const { hints: page, next } = await hints.aged(target, from, before, PAGE);
    if (next !== undefined) {
      this.#cursors.set(target, next);
      return page;
    }
    this.#cursors.delete(target);
    if (now === undefined || isFull) return page;
    const { before: future } = hintAgesOf(target, futureFrom(now, expiryClock));
    const undated = await hints.aged(target, future, Number.POSITIVE_INFINITY, PAGE);
    return [...page, ...undated.hints];
  }
}
