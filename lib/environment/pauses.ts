/** Pauses of background work, which a stop ends at once. */
import type { Cancel, Clock } from './clock.js';

export class Pauses {
  readonly #clock: Clock;
  readonly #open = new Map<() => void, Cancel>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Resolves after so long, or at the stop. */
  pause(milliseconds: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#open.delete(end);
        resolve();
      };
      this.#open.set(end, this.#clock.after(milliseconds, end));
    });
  }

  /** Ends all pauses; later ones take no time. */
  stop(): void {
    this.#stopped = true;
    for (const [end, cancel] of [...this.#open]) {
      cancel();
      end();
    }
  }
}
