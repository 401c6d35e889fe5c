/** Pauses of background work, which a stop ends at once. */
import type { Cancel, Clock } from './clock.js';
import type { ForegroundLoad } from './foreground-load.js';

/** A step that took long has waited for a disk or a peer, rather than worked all that time. */
const REST_MILLISECONDS_MAX = 2_000;

export class Pauses {
  readonly #clock: Clock;
  readonly #foreground: ForegroundLoad;
  readonly #open = new Map<() => void, Cancel>();
  #stopped = false;

  constructor({
    clock,
    foreground,
  }: { readonly clock: Clock; readonly foreground: ForegroundLoad }) {
    this.#clock = clock;
    this.#foreground = foreground;
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

  /**
   * After a step that began then, on the monotonic clock: so long that it had but its share, and
   * never longer than two seconds.
   */
  rest(beganAt: number): Promise<void> {
    const worked = this.#clock.monotonicMilliseconds() - beganAt;
    const rest = worked * (1 / this.#foreground.backgroundShare - 1);
    return this.pause(Math.min(rest, REST_MILLISECONDS_MAX));
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

/** Resolves after so long. Where a stop must not wait for it: `Pauses`. */
export function pauseFor(clock: Pick<Clock, 'after'>, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });
}
