/** Large values are written a few at a time, so that they do not fill the links or delay others. */
import { LARGE_BYTES } from '../../encoding/large.js';
import type { Clock } from '../../environment/clock.js';
import { assert, OperatingError } from '../../errors.js';

/**
 * Bytes of large values on their way at once. Each is copied for the disk and for each link: what
 * waits here is held once. A few are enough to keep a disk busy.
 */
const AT_ONCE_BYTES_MAX = 4 * 1024 * 1024;

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
export class LargeWrites {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs a write of so many bytes in its turn; small ones at once.
   * @param deadline on the monotonic clock
   * @throws OperatingError `deadline_passed` where its turn did not come in time: nothing happened
   */
  run<T>(bytes: number, deadline: number, write: () => T | Promise<T>): T | Promise<T> {
    return bytes < LARGE_BYTES ? write() : this.#runLarge(bytes, deadline, write);
  }

  async #runLarge<T>(bytes: number, deadline: number, write: () => T | Promise<T>): Promise<T> {
    await this.#enter(bytes, deadline);
    try {
      return await write();
    } finally {
      this.#bytes -= bytes;
      assert(this.#bytes >= 0, 'a large write is counted once');
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
        const message = 'other large values were still being written';
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

  /** A value that is larger than the limit is written alone. */
  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= AT_ONCE_BYTES_MAX;
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
