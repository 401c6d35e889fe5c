/** Calls one peer until there is a link: at once, then after longer and longer pauses. */
import type { Cancel, Clock } from '../environment/clock.js';
import type { Random } from '../environment/random.js';

export interface PeerDialerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly delayMinMilliseconds: number;
  readonly delayMaxMilliseconds: number;
  /** Begins a call to the address; `failed` may be called once, and not after it was cancelled. */
  readonly dial: (address: string, failed: () => void) => Cancel;
}

/** Where a peer can be called changes; each call that fails is followed by one elsewhere. */
export class PeerDialer {
  readonly #options: PeerDialerOptions;
  #addresses: readonly string[] = [];
  #failures = 0;
  #cancelCall: Cancel | undefined;
  #cancelPause: Cancel | undefined;

  constructor(options: PeerDialerOptions) {
    this.#options = options;
  }

  get calling(): boolean {
    return this.#cancelCall !== undefined;
  }

  /** The likeliest first. True: they are others than before. */
  setAddresses(addresses: readonly string[]): boolean {
    const changed = addresses.join() !== this.#addresses.join();
    this.#addresses = addresses;
    if (changed) this.#failures = 0;
    return changed;
  }

  /** Calls now, unless a call is under way. */
  call(): void {
    if (this.calling) return;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    const address = this.#addresses[this.#failures % this.#addresses.length];
    // Nobody knows where it is: it will call.
    if (address === undefined) return;
    this.#cancelCall = this.#options.dial(address, () => {
      this.#cancelCall = undefined;
      this.callLater();
    });
  }

  /** Calls after a pause. */
  callLater(): void {
    if (this.calling || this.#cancelPause !== undefined) return;
    const { delayMinMilliseconds, delayMaxMilliseconds, random, clock } = this.#options;
    const doublings = Math.min(this.#failures, 30);
    const longest = Math.min(delayMaxMilliseconds, delayMinMilliseconds * 2 ** doublings);
    this.#failures += 1;
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
