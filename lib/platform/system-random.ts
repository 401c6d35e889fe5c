/** The random port over this machine. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../environment/random.js';

/** Drawn at once: a call to the system costs more than what it brings, and requests have ids. */
const POOL_BYTES = 4096;

export class SystemRandom implements Random {
  readonly #pool = new Uint8Array(POOL_BYTES);
  /** Invariant: bytes before it were given away, once, and never are again. */
  #used = POOL_BYTES;

  /** For jitter and sampling, where speed counts and nobody gains by guessing. */
  fraction(): number {
    return Math.random();
  }

  /** For identities and nonces: from the operating system. */
  bytes(count: number): Uint8Array {
    if (count > POOL_BYTES) return randomBytes(count);
    if (this.#used + count > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += count;
    return this.#pool.slice(this.#used - count, this.#used);
  }
}
