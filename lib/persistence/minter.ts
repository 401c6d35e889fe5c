/** Mints dots: this life's writers and how far each has counted, per partition (V1, V2). */
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import type { Dot } from '../versioning/dot.js';
import type { Writer } from '../versioning/writer.js';
import { freshWriter } from '../versioning/writer.js';
import { type MintedKey, MintedKeys, mintedKey } from './minted-keys.js';
import type { RecordKey } from './records.js';

interface Half {
  readonly keys: MintedKeys;
  /** Who minted them. */
  readonly writers: Set<Writer>;
}

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
  /** What this life minted last for each key. The older half goes when both are full. */
  #recent: Half = { keys: new MintedKeys(), writers: new Set() };
  #older: Half = { keys: new MintedKeys(), writers: new Set() };
  /** A mint asks for its key twice. */
  #hashed: { readonly at: RecordKey; readonly writer: Writer; readonly key: MintedKey } | undefined;

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
    this.#recent.keys.set(this.#keyOf(at, dot.writer), dot.n);
    this.#recent.writers.add(dot.writer);
    if (this.#recent.keys.used <= this.#options.keysMax / 2) return;
    const forgotten = this.#older.writers;
    this.#older = this.#recent;
    this.#recent = { keys: new MintedKeys(), writers: new Set() };
    // Whoever mints on a record must know what it minted there before, or be somebody new.
    for (const [partition, { writer }] of this.#counters) {
      if (forgotten.has(writer)) this.takeFreshWriter(partition);
    }
  }

  /**
   * What the present writer minted last for the key, where it is known: a record whose context does
   * not cover it has lost something.
   */
  lastOf(at: RecordKey): Dot | undefined {
    const { writer } = this.next(at.partition);
    const key = this.#keyOf(at, writer);
    const n = this.#recent.keys.get(key) ?? this.#older.keys.get(key);
    return n === undefined ? undefined : { writer, n };
  }

  /** The record was removed on purpose. */
  forget(at: RecordKey): void {
    const key = this.#keyOf(at, this.next(at.partition).writer);
    for (const { keys } of [this.#recent, this.#older]) keys.delete(key);
  }

  /** Where this node may have forgotten what it minted, it goes on as somebody new. */
  takeFreshWriter(partition: number): void {
    this.#counters.set(partition, { writer: this.#freshWriter(), n: 0 });
  }

  #keyOf(at: RecordKey, writer: Writer): MintedKey {
    const known = this.#hashed;
    if (known?.at === at && known.writer === writer) return known.key;
    const key = mintedKey(writer, at);
    this.#hashed = { at, writer, key };
    return key;
  }

  #freshWriter(): Writer {
    const { node, random } = this.#options;
    return freshWriter(node, this.#start, random);
  }
}
