/** The random port over this machine. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../environment/random.js';

export class SystemRandom implements Random {
  /** For jitter and sampling, where speed counts and nobody gains by guessing. */
  fraction(): number {
    return Math.random();
  }

  /** For identities and nonces: from the operating system. */
  bytes(count: number): Uint8Array {
    return randomBytes(count);
  }
}
