/** Mints dots: this life's writers and how far each has counted, per partition (V1, V2). */
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import type { Dot } from '../versioning/dot.js';
import type { Writer } from '../versioning/writer.js';
import { freshWriter } from '../versioning/writer.js';

export interface MinterOptions {
  readonly node: NodeId;
  /** Of this life of the node: higher at every start, and durable before it serves. */
  readonly start: number;
  readonly random: Random;
}

/**
 * Invariant: no dot is minted twice, also across crashes. The writer is fresh at every start, so
 * the numbers live in memory and nothing is reserved on disk.
 */
export class Minter {
  readonly #options: MinterOptions;
  readonly #writer: Writer;
  readonly #counters = new Map<number, Dot>();

  constructor(options: MinterOptions) {
    this.#options = options;
    this.#writer = freshWriter(options.node, options.start, options.random);
  }

  /** The dot that the next write of the partition takes. Used up only by `consume`. */
  next(partition: number): Dot {
    const counter = this.#counters.get(partition);
    if (counter === undefined) return { writer: this.#writer, n: 1 };
    return { writer: counter.writer, n: counter.n + 1 };
  }

  /** Called inside the transaction that stores the dot, when nothing can fail any more. */
  consume(partition: number, dot: Dot): void {
    this.#counters.set(partition, dot);
  }

  /** Where this node may have forgotten what it minted, it goes on as somebody new. */
  takeFreshWriter(partition: number): void {
    const { node, start, random } = this.#options;
    this.#counters.set(partition, { writer: freshWriter(node, start, random), n: 0 });
  }
}
