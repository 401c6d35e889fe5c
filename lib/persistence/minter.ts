/** Mints dots: this life's writers and how far each has counted, per partition (V1, V2). */
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import type { Dot } from '../versioning/dot.js';
import type { Writer } from '../versioning/writer.js';
import { freshWriter } from '../versioning/writer.js';
import type { RecordKey } from './records.js';

export interface MinterOptions {
  readonly node: NodeId;
  /** Of this life of the node: higher at every start, and durable before it serves. */
  readonly start: number;
  readonly random: Random;
  /** Keys whose last mint is remembered; half of them are forgotten at once. */
  readonly keysMax: number;
}

/**
 * Invariant: no dot is minted twice, also across crashes. The writer is fresh at every start, so
 * the numbers live in memory and nothing is reserved on disk.
 */
export class Minter {
  readonly #options: MinterOptions;
  #start: number;
  #writer: Writer;
  readonly #counters = new Map<number, Dot>();
  /** By storage key: what this life minted last. The older half goes when both are full. */
  #recent = new Map<string, Dot>();
  #older = new Map<string, Dot>();

  constructor(options: MinterOptions) {
    this.#options = options;
    this.#start = options.start;
    this.#writer = this.#freshWriter();
  }

  /** This life goes on under a higher start number, with fresh writers everywhere. */
  raiseStart(start: number): void {
    this.#start = start;
    this.#writer = this.#freshWriter();
    this.#counters.clear();
  }

  /** The dot that the next write of the partition takes. Used up only by `consume`. */
  next(partition: number): Dot {
    const counter = this.#counters.get(partition);
    if (counter === undefined) return { writer: this.#writer, n: 1 };
    return { writer: counter.writer, n: counter.n + 1 };
  }

  /** Called inside the transaction that stores the dot, when nothing can fail any more. */
  consume(at: RecordKey, dot: Dot): void {
    this.#counters.set(at.partition, dot);
    this.#recent.set(at.storageKey, dot);
    if (this.#recent.size <= this.#options.keysMax / 2) return;
    const forgotten = this.#older;
    this.#older = this.#recent;
    this.#recent = new Map();
    // Whoever mints on a record must know what it minted there before, or be somebody new.
    for (const writer of new Set([...forgotten.values()].map((dot) => dot.writer))) {
      for (const [partition, counter] of this.#counters) {
        if (counter.writer === writer) this.takeFreshWriter(partition);
      }
    }
  }

  /**
   * What the present writer minted last for the key, where it is known: a record whose context does
   * not cover it has lost something.
   */
  lastOf(at: RecordKey): Dot | undefined {
    const dot = this.#recent.get(at.storageKey) ?? this.#older.get(at.storageKey);
    return dot?.writer === this.next(at.partition).writer ? dot : undefined;
  }

  /** The record was removed on purpose. */
  forget(at: RecordKey): void {
    this.#recent.delete(at.storageKey);
    this.#older.delete(at.storageKey);
  }

  /** Where this node may have forgotten what it minted, it goes on as somebody new. */
  takeFreshWriter(partition: number): void {
    this.#counters.set(partition, { writer: this.#freshWriter(), n: 0 });
  }

  #freshWriter(): Writer {
    const { node, random } = this.#options;
    return freshWriter(node, this.#start, random);
  }
}
