/** Runs the cores of requests: one table of operations, one timer for all (Dynamo 4.5). */
import type { Cancel, Clock } from '../../environment/clock.js';
import { assert } from '../../errors.js';

/**
 * The course of one request: a machine without I/O, clock or promise. It is given events, and
 * returns effects. Its events beyond these two are its own.
 */
export interface Core<Effect> {
  /** Milliseconds since `begin`. The engine sets it before each event. */
  now: number;
  begin(): readonly Effect[];
  /** Time has passed: `wakesAt` has come. */
  elapsed(): readonly Effect[];
  /** When `elapsed` is to be called, in milliseconds since `begin`; maybe never. */
  readonly wakesAt: number;
  /** No later event changes anything. */
  readonly isDone: boolean;
}

/** Nothing follows. */
export const NOTHING: readonly never[] = [];

/** The least pause between two sweeps. */
const SWEEP_MILLISECONDS = 5;

/** One core that runs. */
export class Operation<Effect, Kind extends Core<Effect>> {
  readonly core: Kind;
  /** On the monotonic clock. */
  readonly begunAt: number;
  /** Where it stands among the open ones; -1: it is over. */
  place = -1;
  readonly #engine: Engine;
  readonly #perform: (effect: Effect, operation: Operation<Effect, Kind>) => void;

  constructor(
    engine: Engine,
    core: Kind,
    begunAt: number,
    perform: (effect: Effect, operation: Operation<Effect, Kind>) => void,
  ) {
    this.#engine = engine;
    this.core = core;
    this.begunAt = begunAt;
    this.#perform = perform;
  }

  /** Gives the core an event, and performs what it returns; nothing once it is over. */
  dispatch(event: (core: Kind) => readonly Effect[]): void {
    if (this.place < 0) return;
    this.core.now = this.#engine.now() - this.begunAt;
    this.follow(event(this.core));
  }

  follow(effects: readonly Effect[]): void {
    for (const effect of effects) this.#perform(effect, this);
    if (this.place < 0) return;
    if (this.core.isDone) this.#engine.close(this);
    else this.#engine.planSweep(this.begunAt + this.core.wakesAt);
  }

  /** @param now on the monotonic clock */
  sweep(now: number): void {
    if (this.place < 0 || now < this.begunAt + this.core.wakesAt) return;
    this.core.now = now - this.begunAt;
    this.follow(this.core.elapsed());
  }
}

/** An operation of any kind. */
type Open = Operation<never, Core<never>>;

export class Engine {
  readonly #clock: Clock;
  readonly #open: Open[] = [];
  #cancel: Cancel | undefined;
  /** When the timer fires, on the monotonic clock. */
  #sweepsAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many operations are open. */
  get size(): number {
    return this.#open.length;
  }

  /**
   * Begins a core. `perform` performs its effects; those that follow at once, before this
   * returns.
   */
  run<Effect, Kind extends Core<Effect>>(
    core: Kind,
    perform: (effect: Effect, operation: Operation<Effect, Kind>) => void,
  ): Operation<Effect, Kind> {
    const begunAt = this.#clock.monotonicMilliseconds();
    const operation = new Operation<Effect, Kind>(this, core, begunAt, perform);
    operation.place = this.#open.length;
    this.#open.push(operation as unknown as Open);
    operation.follow(core.begin());
    return operation;
  }

  /** On the monotonic clock. */
  now(): number {
    return this.#clock.monotonicMilliseconds();
  }

  /** Called by the operation. */
  close<Effect, Kind extends Core<Effect>>(operation: Operation<Effect, Kind>): void {
    const { place } = operation;
    const last = this.#open.pop();
    assert(last !== undefined && place >= 0, 'an operation is closed once');
    operation.place = -1;
    // A timer that is not needed would keep a stopped process alive.
    if (this.#open.length === 0) this.#cancelSweep();
    if (place === this.#open.length) return;
    this.#open[place] = last;
    last.place = place;
  }

  /** Called by an operation that waits for this time, on the monotonic clock. */
  planSweep(at: number): void {
    if (at >= this.#sweepsAt || at === Number.POSITIVE_INFINITY) return;
    this.#cancelSweep();
    const now = this.now();
    this.#sweepsAt = Math.max(at, now + SWEEP_MILLISECONDS);
    this.#cancel = this.#clock.after(this.#sweepsAt - now, () => this.#sweep());
  }

  #cancelSweep(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#sweepsAt = Number.POSITIVE_INFINITY;
  }

  #sweep(): void {
    this.#cancelSweep();
    const now = this.now();
    // A copy: an operation may end meanwhile, and begin others.
    for (const operation of [...this.#open]) operation.sweep(now);
    let next = Number.POSITIVE_INFINITY;
    for (const { begunAt, core } of this.#open) next = Math.min(next, begunAt + core.wakesAt);
    this.planSweep(next);
  }
}
