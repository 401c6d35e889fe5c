/** Requests that wait for answers: each is settled exactly once, at its deadline at the latest. */
import type { z } from 'zod';
import type { Cancel, Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';

/** What came of a request. An error's `outcome` is `none` only if the peer surely did nothing. */
export type Answer<Reply> =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly error: OperatingError };

export interface Pending {
  readonly to: NodeId;
  /** Of the message type. */
  readonly name: string;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** What a reply must be. */
  readonly reply: z.ZodType;
  readonly settle: (answer: Answer<unknown>) => void;
}

/** How often deadlines are looked at. */
const SWEEP_MILLISECONDS = 20;
/** The least number of requests after which the map is made anew. */
const RENEWAL_MIN = 256;

export class PendingRequests {
  readonly #clock: Clock;
  #pending = new Map<number, Pending>();
  /** Until the map is made anew. */
  #room = RENEWAL_MIN;
  readonly #waitingFor = new Map<NodeId, number>();
  #cancelSweep: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait for this peer. */
  countOf(peer: NodeId): number {
    return this.#waitingFor.get(peer) ?? 0;
  }

  add(id: number, pending: Pending): void {
    if (this.#room === 0) this.#renew();
    this.#room -= 1;
    this.#pending.set(id, pending);
    this.#waitingFor.set(pending.to, this.countOf(pending.to) + 1);
    this.#cancelSweep ??= this.#clock.after(SWEEP_MILLISECONDS, () => this.#sweep());
  }

  /** The request that `from` was asked under this id, if it still waits. */
  find(id: number, from: NodeId): Pending | undefined {
    const pending = this.#pending.get(id);
    return pending?.to === from ? pending : undefined;
  }

  settle(id: number, pending: Pending, answer: Answer<unknown>): void {
    this.#pending.delete(id);
    this.#waitingFor.set(pending.to, this.countOf(pending.to) - 1);
    pending.settle(answer);
  }

  /** Settles with an error what was asked of `peer`, or of everybody. */
  fail(error: OperatingError, peer?: NodeId): void {
    for (const [id, pending] of [...this.#pending]) {
      if (peer === undefined || pending.to === peer) {
        this.settle(id, pending, { ok: false, error });
      }
    }
    if (peer !== undefined) return;
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }

  /**
   * V8 links each table that a map has outgrown to the next. One that has grown old so holds all
   * that came after it, with all that waited there, until the whole heap is collected: half of what
   * a put left to be collected so was this.
   */
  #renew(): void {
    this.#pending = new Map(this.#pending);
    this.#room = Math.max(RENEWAL_MIN, 2 * this.#pending.size);
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const now = this.#clock.monotonicMilliseconds();
    // Not of a copy: thousands may wait. What is asked meanwhile is looked at, too, and has time.
    for (const [id, pending] of this.#pending) {
      if (pending.deadline > now) continue;
      const error = new OperatingError('deadline_passed', `${pending.to} did not answer in time`, {
        outcome: 'unknown',
      });
      this.settle(id, pending, { ok: false, error });
    }
    if (this.#pending.size > 0) {
      // What was settled may have asked again, and planned the next look already.
      this.#cancelSweep ??= this.#clock.after(SWEEP_MILLISECONDS, () => this.#sweep());
    }
  }
}

/** Why a request did not leave. */
export function notSent(to: NodeId, remainingMilliseconds: number, full: boolean): OperatingError {
  if (remainingMilliseconds <= 0) {
    return new OperatingError('deadline_passed', 'no time was left to ask');
  }
  if (full) return new OperatingError('overloaded', `too many requests wait for ${to}`);
  return new OperatingError('peer_unreachable', `${to} cannot be reached`, { outcome: 'none' });
}
