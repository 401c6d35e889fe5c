/** Bytes of answers, from when they are made until the socket has taken them, of all clients. */
import { LARGE_BYTES } from '../../encoding/large.js';
import { OperatingError } from '../../errors.js';

/** Large answers leave this share to small ones: whoever reads none of his keeps no other out. */
const SHARE_OF_LARGE = 0.75;

/**
 * On one connection there is one answer at a time (the listener sees to that): its largest answer
 * is the bound of a connection, and this one that of the process.
 */
export class AnswerBytes {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  /** Pair it with `release`, unless it throws. @throws OperatingError `overloaded` */
  hold(bytes: number): void {
    const limit = bytes < LARGE_BYTES ? this.#bytesMax : SHARE_OF_LARGE * this.#bytesMax;
    if (this.#bytes + bytes > limit) {
      const message = 'too many bytes of answers wait for their clients to take them';
      throw new OperatingError('overloaded', message, { outcome: 'none' });
    }
    this.#bytes += bytes;
  }

  /** What must be answered, whatever there is room for: what became of a write, and refusals. */
  holdAnyway(bytes: number): void {
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
