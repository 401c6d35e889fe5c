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
  /** Until then, in true time, nothing on this machine happens. */
  pausedUntil = 0;
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
    const fire = (): void => {
      if (cancelled || !this.#isAlive()) return;
      const pause = this.#machine.pausedUntil - this.#world.now;
      if (pause > 0) this.#world.after(pause, `timer ${this.#name}`, fire);
      else callback();
    };
    const cancel = this.#world.after(delay, `timer ${this.#name}`, fire);
    return () => {
      cancelled = true;
      cancel();
    };
  }
}
