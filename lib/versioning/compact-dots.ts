/** Which of many dots there are, in 1.3 to 40 bytes each: the closer their numbers, the less. */
import type { Dot } from './dot.js';
import type { Writer } from './writer.js';

const BITS = 32;

/** Exact: it holds what was added, and nothing else. */
export class CompactDots {
  /** Of each writer: which of the numbers from 32 i to 32 i + 31, a bit each. */
  readonly #writers = new Map<Writer, Map<number, number>>();

  add({ writer, n }: Dot): void {
    this.#add(writer, Math.floor(n / BITS), 1 << (n % BITS));
  }

  has({ writer, n }: Dot): boolean {
    const bits = this.#writers.get(writer)?.get(Math.floor(n / BITS)) ?? 0;
    return (bits & (1 << (n % BITS))) !== 0;
  }

  addAll(other: CompactDots): void {
    for (const [writer, blocks] of other.#writers) {
      for (const [block, bits] of blocks) this.#add(writer, block, bits);
    }
  }

  #add(writer: Writer, block: number, bits: number): void {
    let blocks = this.#writers.get(writer);
    if (blocks === undefined) {
      blocks = new Map();
      this.#writers.set(writer, blocks);
    }
    blocks.set(block, (blocks.get(block) ?? 0) | bits);
  }
}
