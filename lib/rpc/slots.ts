/**
 * Requests that wait for answers, in slots: each is settled exactly once, at its deadline at the
 * latest. A slot is used again and again. Each use has a generation, and an answer names both: an
 * answer to an earlier use finds nothing.
 */
import type { Cancel, Clock } from '../environment/clock.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { assert, OperatingError } from '../errors.js';
import type { TimeLeft, SlotId } from './hot-messages.js';

/** What came of a request. An error's `outcome` is `none` only if the peer surely did nothing. */
export type PeerAnswer<Reply> =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly error: OperatingError };

/** What a peer is asked. `settle` is called exactly once. */
export interface Question<Reply> {
  readonly to: NodeId;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** What kind of reply: what `find` has found is compared with it. */
  readonly awaits: unknown;
  readonly settle: (answer: PeerAnswer<Reply>) => void;
}

/** How often deadlines are looked at. */
const SWEEP_MILLISECONDS = 20;
/** Of numbers that V8 keeps without a box. */
const GENERATIONS = 2 ** 31;
const GENERATION_BYTES = 6;
/** Of an id that is one number: the lower bits. More slots than peers may have requests. */
const SLOTS_MAX = 2 ** 20;

/** One request; while nobody waits in it, the room for one. */
export class Slot implements SlotId, TimeLeft {
  readonly slot: number;
  generation: number;
  /** Who is asked; undefined: nobody waits. */
  to: NodeId | undefined;
  /** What kind of reply it waits for; another kind is a bad message. */
  awaits: unknown;
  /** On the monotonic clock. */
  deadline = 0;
  /** Of it, when it was asked. */
  leftMilliseconds = 0.5;
  settle: (answer: PeerAnswer<never>) => void = nobodyWaits;

  constructor(slot: number, generation: number) {
    this.slot = slot;
    this.generation = generation;
  }

  get id(): number {
    return numberOfSlot(this);
  }
}

/** Which request of a peer: its slot and the use of the slot in one number below 2^51. */
export function numberOfSlot({ slot, generation }: SlotId): number {
  return generation * SLOTS_MAX + slot;
}

export class Slots {
  readonly #clock: Clock;
  readonly #pendingMax: number;
  readonly #slots: Slot[] = [];
  /** The last that became free is used first: it is in the processor's caches. */
  readonly #free: Slot[] = [];
  readonly #waitingFor = new Map<NodeId, number>();
  /**
   * From chance, not from the start number: a disk that was lost counts its starts anew, and a late
   * reply to an earlier life must not be taken for one to this.
   */
  readonly #firstGeneration: number;
  #cancelSweep: Cancel | undefined;

  /** @param pendingMax requests that wait for one peer */
  constructor(clock: Clock, random: Random, pendingMax: number) {
    this.#clock = clock;
    this.#pendingMax = pendingMax;
    const bytes = Buffer.from(random.bytes(GENERATION_BYTES));
    this.#firstGeneration = bytes.readUIntBE(0, GENERATION_BYTES) % GENERATIONS;
  }

  /** How many wait for this peer. */
  countOf(peer: NodeId): number {
    return this.#waitingFor.get(peer) ?? 0;
  }

  /**
   * Sends a request in a slot. It is settled shortly after its deadline at the latest, and never
   * before this call has returned.
   * @param send false: it did not leave. What it throws is thrown, and nobody waits.
   */
  ask<Reply>(question: Question<Reply>, send: (slot: Slot) => boolean): void {
    const { to, deadline, settle } = question;
    const leftMilliseconds = deadline - this.#clock.monotonicMilliseconds();
    const isFull = this.countOf(to) >= this.#pendingMax;
    if (leftMilliseconds > 0 && !isFull) {
      const slot = this.#take(question, leftMilliseconds);
      let isSent = false;
      try {
        isSent = send(slot);
      } finally {
        if (!isSent) this.#release(slot);
      }
      if (isSent) return;
    }
    const error = notSent(to, leftMilliseconds, isFull);
    queueMicrotask(() => settle({ ok: false, error }));
  }

  #take<Reply>({ to, deadline, awaits, settle }: Question<Reply>, leftMilliseconds: number): Slot {
    const slot = this.#free.pop() ?? this.#grow();
    slot.to = to;
    slot.deadline = deadline;
    slot.leftMilliseconds = leftMilliseconds;
    slot.awaits = awaits;
    slot.settle = settle as (answer: PeerAnswer<never>) => void;
    this.#waitingFor.set(to, this.countOf(to) + 1);
    this.#cancelSweep ??= this.#clock.after(SWEEP_MILLISECONDS, () => this.#sweep());
    return slot;
  }

  /** The request that `from` was asked under this id, if it still waits. */
  find(from: NodeId, slot: number, generation: number): Slot | undefined {
    const found = this.#slots[slot];
    return found?.generation === generation && found.to === from ? found : undefined;
  }

  /** The same by the number that is both. */
  findById(from: NodeId, id: number): Slot | undefined {
    return this.find(from, id % SLOTS_MAX, Math.floor(id / SLOTS_MAX));
  }

  settle<Reply>(slot: Slot, answer: PeerAnswer<Reply>): void {
    const { settle } = slot;
    this.#release(slot);
    settle(answer as PeerAnswer<never>);
  }

  /** Nobody waits in it any more: from here on its answer finds nothing. */
  #release(slot: Slot): void {
    assert(slot.to !== undefined, 'a slot is released once');
    this.#waitingFor.set(slot.to, this.countOf(slot.to) - 1);
    slot.to = undefined;
    slot.awaits = undefined;
    slot.settle = nobodyWaits;
    slot.generation = (slot.generation + 1) % GENERATIONS;
    this.#free.push(slot);
  }

  /** Settles with an error what was asked of `peer`, or of everybody. */
  fail(error: OperatingError, peer?: NodeId): void {
    const waiting = this.#slots
      .filter(({ to }) => to !== undefined && (peer ?? to) === to)
      .map((slot) => ({ slot, generation: slot.generation }));
    for (const { slot, generation } of waiting) {
      // What was settled before may have asked again, in this very slot.
      if (slot.generation === generation) this.settle(slot, { ok: false, error });
    }
    if (peer !== undefined) return;
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }

  #grow(): Slot {
    const slot = new Slot(this.#slots.length, this.#firstGeneration);
    assert(slot.slot < SLOTS_MAX, 'requests that wait are bounded');
    this.#slots.push(slot);
    return slot;
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const now = this.#clock.monotonicMilliseconds();
    // What is asked meanwhile is looked at, too, and has time.
    for (const slot of this.#slots) {
      if (slot.to === undefined || slot.deadline > now) continue;
      const error = new OperatingError('deadline_passed', `${slot.to} did not answer in time`, {
        outcome: 'unknown',
      });
      this.settle(slot, { ok: false, error });
    }
    if (this.#free.length === this.#slots.length) return;
    // What was settled may have asked again, and planned the next look already.
    this.#cancelSweep ??= this.#clock.after(SWEEP_MILLISECONDS, () => this.#sweep());
  }
}

/** Why a request did not leave. */
function notSent(to: NodeId, leftMilliseconds: number, isFull: boolean): OperatingError {
  if (leftMilliseconds <= 0) {
    return new OperatingError('deadline_passed', 'no time was left to ask');
  }
  if (isFull) return new OperatingError('overloaded', `too many requests wait for ${to}`);
  return new OperatingError('peer_unreachable', `${to} cannot be reached`, { outcome: 'none' });
}

function nobodyWaits(): void {
  assert(false, 'nobody waits in a free slot');
}
