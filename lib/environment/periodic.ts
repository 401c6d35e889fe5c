/** A task that runs again and again, never over itself. */
import type { Cancel, Clock } from './clock.js';
import type { Observer } from './observer.js';
import type { Random } from './random.js';
import { messageOf } from '../errors.js';

export interface PeriodicOptions {
  readonly name: string;
  readonly intervalMilliseconds: number;
  readonly task: () => Promise<void> | void;
}

/** Waits the interval (a tenth more or less, so that nodes do not run in step), runs, waits. */
export class Periodic {
  readonly #world: { readonly clock: Clock; readonly random: Random; readonly observer: Observer };
  readonly #options: PeriodicOptions;
  #cancel: Cancel | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

  constructor(
    world: { readonly clock: Clock; readonly random: Random; readonly observer: Observer },
    options: PeriodicOptions,
  ) {
    this.#world = world;
    this.#options = options;
  }

  /** Also after a stop, whose last run may still be under way. */
  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    void this.#running.then(() => this.#wait());
  }

  /** Resolves when a run under way has ended; none begins afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  #wait(): void {
    this.#cancel?.();
    if (this.#stopped) return;
    const jitter = 0.9 + 0.2 * this.#world.random.fraction();
    this.#cancel = this.#world.clock.after(this.#options.intervalMilliseconds * jitter, () => {
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    try {
      await this.#options.task();
    } catch (error) {
      this.#world.observer.count('quorate_background_failures_total', { task: this.#options.name });
      this.#world.observer.log('warn', 'background task failed', {
        task: this.#options.name,
        reason: messageOf(error),
      });
    }
    this.#wait();
  }
}
