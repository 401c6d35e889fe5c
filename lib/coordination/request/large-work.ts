/** Large values are moved a few at a time, so that they fill neither memory nor links. */
import { LARGE_BYTES } from '../../encoding/large.js';
import type { Clock } from '../../environment/clock.js';
import { assert, OperatingError } from '../../errors.js';

/**
 * Bytes of large values that are written at once. Each is copied for the disk and for each link:
 * what waits is held once. A few are enough to keep a disk busy.
 */
export const WRITTEN_BYTES_MAX = 4 * 1024 * 1024;

/** @throws OperatingError `value_too_large` */
export function assertFits(value: Uint8Array, valueBytesMax: number): void {
  if (value.length <= valueBytesMax) return;
  throw new OperatingError('value_too_large', 'the value is larger than this cluster takes', {
    details: { limit: valueBytesMax, received: value.length },
  });
}

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/** First come, first served. What waits is bounded by what the API admits. */
export class LargeWork {
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;

  /** @param bytesMax on their way at once */
  constructor(clock: Clock, bytesMax: number) {
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs what moves so many bytes, a whole number, in its turn; small ones at once.
   * @param deadline on the monotonic clock
   * @throws OperatingError `deadline_passed` where its turn did not come in time: nothing happened
   */
  run<T>(bytes: number, deadline: number, work: () => T | Promise<T>): T | Promise<T> {
    assert(Number.isInteger(bytes), 'bytes are counted whole');
    return bytes < LARGE_BYTES ? work() : this.#runLarge(bytes, deadline, work);
  }

  async #runLarge<T>(bytes: number, deadline: number, work: () => T | Promise<T>): Promise<T> {
    await this.#enter(bytes, deadline);
    try {
      return await work();
    } finally {
      this.#bytes -= bytes;
      assert(this.#bytes >= 0, 'what is large is counted once');
      this.#next();
    }
  }

  #enter(bytes: number, deadline: number): Promise<void> {
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#bytes += bytes;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const left = Math.max(0, deadline - this.#clock.monotonicMilliseconds());
      const cancel = this.#clock.after(left, () => {
        this.#waiting.delete(waiting);
        const message = 'other large values were still on their way';
        reject(new OperatingError('deadline_passed', message));
        // A smaller value behind it may fit now.
        this.#next();
      });
      const waiting = {
        bytes,
        enter: () => {
          cancel();
          resolve();
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /** What is larger than the limit goes alone. */
  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#bytesMax;
  }

  #next(): void {
    for (const waiting of this.#waiting) {
      if (!this.#fits(waiting.bytes)) return;
      this.#waiting.delete(waiting);
      this.#bytes += waiting.bytes;
      waiting.enter();
    }
  }
}
