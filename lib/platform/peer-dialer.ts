/** Calls one peer until somebody answers: at once, then after longer and longer pauses. */
import type { Cancel, Clock } from '../environment/clock.js';
import type { Random } from '../environment/random.js';

export interface PeerDialerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly delayMinMilliseconds: number;
  readonly delayMaxMilliseconds: number;
  /** False: one call only, and the peer calls back. */
  readonly persistent: boolean;
  /** Begins a call; `failed` may be called once, and not after the call was cancelled. */
  readonly dial: (failed: () => void) => Cancel;
}

export class PeerDialer {
  readonly #options: PeerDialerOptions;
  #failures = 0;
  #cancelCall: Cancel | undefined;
  #cancelPause: Cancel | undefined;

  constructor(options: PeerDialerOptions) {
    this.#options = options;
  }

  get calling(): boolean {
    return this.#cancelCall !== undefined;
  }

  get persistent(): boolean {
    return this.#options.persistent;
  }

  /** Calls now, unless a call is under way. */
  call(): void {
    if (this.calling) return;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#cancelCall = this.#options.dial(() => {
      this.#cancelCall = undefined;
      this.callLater();
    });
  }

  /** Calls after a pause, where it is this side's turn. */
  callLater(): void {
    if (!this.#options.persistent || this.calling || this.#cancelPause !== undefined) return;
    const { delayMinMilliseconds, delayMaxMilliseconds, random, clock } = this.#options;
    const longest = Math.min(delayMaxMilliseconds, delayMinMilliseconds * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    // Half of it by chance: a node that returns is not called by all others at one moment.
    this.#cancelPause = clock.after(longest * (0.5 + 0.5 * random.fraction()), () => {
      this.#cancelPause = undefined;
      this.call();
    });
  }

  /** There is a link: the call that made it is over, any other is given up. */
  connected(viaThisCall: boolean): void {
    if (viaThisCall) this.#cancelCall = undefined;
    this.#failures = 0;
    this.stop();
  }

  stop(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#cancelCall?.();
    this.#cancelCall = undefined;
  }
}
