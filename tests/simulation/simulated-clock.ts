/** The clock of one machine: its wall clock lies, its rate drifts, and a pause stops its timers. */
import type { Cancel, Clock } from '../../lib/environment/clock.js';
import type { World } from './world.js';

/** What a clock that is right shows when the world begins. */
export const EPOCH_MILLISECONDS = 1_700_000_000_000;

/** Survives restarts of the node on it. */
export class MachineTime {
  /** Wall time less true time, milliseconds. Jumps. */
  wallOffset = 0;
  /** Milliseconds of this machine in a true one. */
  rate = 1;
  readonly #world: World;
  readonly #waiting = new Set<() => void>();
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  /** In true time; of the last pause. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  get isPaused(): boolean {
    return this.#pausedUntil > this.#world.now;
  }

  /** Nothing on this machine happens for so long, in true time, or until it is resumed. */
  pause(milliseconds: number): void {
    this.#pausedUntil = this.#world.now + milliseconds;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.#pausedUntil = this.#world.now;
    for (const goOn of this.#waiting) goOn();
    this.#waiting.clear();
  }

  /** Called at once, or when the pause ends: what has waited goes on in the order of its coming. */
  whenRunning(kind: string, run: () => void): Cancel {
    if (!this.isPaused) {
      run();
      return () => undefined;
    }
    let cancel: Cancel;
    const again = (): void => {
      this.#waiting.delete(goOn);
      cancel = this.whenRunning(kind, run);
    };
    const goOn = (): void => {
      cancel();
      cancel = this.#world.after(0, kind, again);
    };
    cancel = this.#world.after(this.#pausedUntil - this.#world.now, kind, again);
    this.#waiting.add(goOn);
    return () => {
      this.#waiting.delete(goOn);
      cancel();
    };
  }

  /** What ends meanwhile is known when the machine goes on. */
  async known<T>(kind: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      if (this.isPaused) await new Promise<void>((resolve) => this.whenRunning(kind, resolve));
    }
  }
}

/** The clock port of one life of a node. */
export class SimulatedClock implements Clock {
  readonly #world: World;
  readonly #machine: MachineTime;
  readonly #name: string;
  readonly #isAlive: () => boolean;

  constructor(world: World, machine: MachineTime, name: string, isAlive: () => boolean) {
    this.#world = world;
    this.#machine = machine;
    this.#name = name;
    this.#isAlive = isAlive;
  }

  wallMilliseconds(): number {
    return Math.floor(EPOCH_MILLISECONDS + this.#world.now + this.#machine.wallOffset);
  }

  monotonicMilliseconds(): number {
    return this.#world.now * this.#machine.rate;
  }

  after(delayMilliseconds: number, callback: () => void): Cancel {
    // Real timers are late, never early.
    const delay = Math.max(0, delayMilliseconds) / this.#machine.rate + 0.001;
    let cancelled = false;
    const kind = `timer ${this.#name}`;
    const fire = (): void => {
      if (!cancelled && this.#isAlive()) callback();
    };
    const cancel = this.#world.after(delay, kind, () => this.#machine.whenRunning(kind, fire));
    return () => {
      cancelled = true;
      cancel();
    };
  }
}
