/** Mints dots: the writers of each partition, and how far each has counted (V1, V2). */
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { assert, OperatingError } from '../errors.js';
import type { Context } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import type { Writer } from '../versioning/writer.js';
import { freshWriter } from '../versioning/writer.js';
import { type MintedKey, MintedKeys, mintedKey } from './minted-keys.js';
import type { RecordKey } from '../persistence/keyspace.js';

interface MintGeneration {
  readonly keys: MintedKeys;
  /** Who minted on keys whose records did not name them. */
  readonly beginners: Set<Writer>;
}

/** The writers of this node in one partition. */
interface PartitionWriters {
  /** Mints on keys whose records name none of these writers. Undefined: one will be taken. */
  present: Writer | undefined;
  /** The last number of each writer; who minted last comes last. */
  readonly last: Map<Writer, number>;
}

/** Writers and their last numbers: of each partition. What a ticket hands on. */
export type WriterCounts = readonly (readonly [
  partition: number,
  ...counts: readonly (readonly [writer: Writer, n: number])[],
])[];

export interface MinterOptions {
  readonly node: NodeId;
  /** Of this life of the node: higher at every start, and durable before it serves. */
  readonly start: number;
  readonly random: Random;
  /** Keys whose last mint is remembered; half of them are forgotten at once. */
  readonly keysMax: number;
}

/** Of a partition. Who has not minted for longest goes first: its keys take the present one. */
export const WRITERS_MAX = 64;

/**
 * A key goes on with the writer of this node that its record names, so its context does not grow;
 * any other key takes the present writer of its partition.
 * Invariant: no dot is minted twice, also across crashes. A life begins with no writer, but for
 * those that a ticket hands on (membership/tickets.ts), and numbers are reserved nowhere.
 * Invariant: what the present writer began on a key that its record did not name is remembered, or
 * another is taken: (w, n) minted on a record that was lost must not cover what w had minted there.
 */
export class Minter {
  readonly #options: MinterOptions;
  #start: number;
  readonly #writers = new Map<number, PartitionWriters>();
  /** What this life minted last for each key. The older half goes when both are full. */
  #recent: MintGeneration = { keys: new MintedKeys(), beginners: new Set() };
  #older: MintGeneration = { keys: new MintedKeys(), beginners: new Set() };
  /** A mint asks for its key twice. */
  #hashed: { readonly at: RecordKey; readonly key: MintedKey } | undefined;
  /** Partitions in which nothing of an earlier life may be used on. */
  readonly #renewed = new Set<number>();
  #allRenewed = false;
  #refusal: OperatingError | undefined;

  constructor(options: MinterOptions) {
    this.#options = options;
    this.#start = options.start;
  }

  /** This life goes on under a higher start number, with fresh writers everywhere. */
  raiseStart(start: number): void {
    this.#start = start;
    this.renewAll();
  }

  /** Nothing minted so far, in this life or before it, is vouched for any more. */
  renewAll(): void {
    this.#allRenewed = true;
    this.#writers.clear();
  }

  /**
   * The dot that the next write of the key takes. Used up only by `consume`.
   * @param own the context of the record on which it is minted; undefined: there is none
   * @param seen what the client has seen
   * @throws OperatingError `not_ready`: why it does not mint
   */
  next(partition: number, own?: Context, seen?: Context): Dot {
    if (this.#refusal !== undefined) throw this.#refusal;
    let writers = this.#writersOf(partition);
    // Only a disk that is older than its node does not know how far its own writers have counted.
    if (isAhead(own, writers) || isAhead(seen, writers)) {
      this.takeFreshWriter(partition);
      writers = this.#writersOf(partition);
    }
    const writer = namedIn(own, writers) ?? this.#presentOf(writers);
    return { writer, n: (writers.last.get(writer) ?? 0) + 1 };
  }

  /**
   * Called inside the transaction that stores the dot, when nothing can fail any more.
   * @param own as for `next`
   */
  consume(at: RecordKey, dot: Dot, own?: Context): void {
    const { last } = this.#writersOf(at.partition);
    assert(dot.n > (last.get(dot.writer) ?? 0), 'a number is used once');
    if (last.size > 1) last.delete(dot.writer);
    last.set(dot.writer, dot.n);
    if (last.size > WRITERS_MAX) this.#dropEarliest(at.partition);
    this.#recent.keys.set(this.#keyOf(at), dot);
    if (own?.vector.has(dot.writer) !== true) this.#recent.beginners.add(dot.writer);
    if (this.#recent.keys.used <= this.#options.keysMax / 2) return;
    const forgotten = this.#older.beginners;
    this.#older = this.#recent;
    this.#recent = { keys: new MintedKeys(), beginners: new Set() };
    this.#retire(forgotten);
  }

  /**
   * What was minted last for the key by one who still mints, where it is known: a record whose
   * context does not cover it has lost something.
   */
  lastOf(at: RecordKey): Dot | undefined {
    const key = this.#keyOf(at);
    const dot = this.#recent.keys.get(key) ?? this.#older.keys.get(key);
    if (dot === undefined) return undefined;
    return this.#writers.get(at.partition)?.last.has(dot.writer) === true ? dot : undefined;
  }

  /** Does the writer of this node still mint in the partition? */
  mintsAs(partition: number, writer: Writer): boolean {
    return this.#writers.get(partition)?.last.has(writer) === true;
  }

  /** The record was removed on purpose. */
  forget(at: RecordKey): void {
    for (const { keys } of [this.#recent, this.#older]) keys.delete(this.#keyOf(at));
  }

  /** Where this node may have forgotten what it minted, it goes on under a fresh writer. */
  takeFreshWriter(partition: number): void {
    this.#renewed.add(partition);
    this.#writers.set(partition, { present: this.#freshWriter(), last: new Map() });
  }

  /** Why nothing is minted now, where that is so. */
  get refusal(): OperatingError | undefined {
    return this.#refusal;
  }

  /** Nothing is minted from now on. @param reason undefined: mints again */
  hold(reason: string | undefined): void {
    this.#refusal = reason === undefined ? undefined : new OperatingError('not_ready', reason);
  }

  /** How far the writers have counted, for a life that goes on with them. */
  counts(): WriterCounts {
    return [...this.#writers].flatMap(([partition, { last }]) =>
      last.size === 0 ? [] : [[partition, ...last] as const],
    );
  }

  /** Of writers of an earlier life: those of partitions in which nothing was forgotten since. */
  resumable(counts: WriterCounts): WriterCounts {
    if (this.#allRenewed) return [];
    return counts.filter(([partition]) => !this.#renewed.has(partition));
  }

  /** Goes on with the writers of an earlier life, of which nothing was forgotten. */
  resume(counts: WriterCounts): void {
    for (const [partition, ...writers] of this.resumable(counts)) {
      const { last } = this.#writersOf(partition);
      for (const [writer, n] of writers) last.set(writer, n);
    }
  }

  #retire(forgotten: ReadonlySet<Writer>): void {
    for (const writers of this.#writers.values()) {
      if (writers.present !== undefined && forgotten.has(writers.present))
        writers.present = undefined;
    }
  }

  #dropEarliest(partition: number): void {
    const { last, present } = this.#writersOf(partition);
    for (const writer of last.keys()) {
      if (writer === present) continue;
      last.delete(writer);
      return;
    }
  }

  #writersOf(partition: number): PartitionWriters {
    let writers = this.#writers.get(partition);
    if (writers === undefined) {
      writers = { present: undefined, last: new Map() };
      this.#writers.set(partition, writers);
    }
    return writers;
  }

  /** Of one partition alone, so that a dot names one version in the whole cluster. */
  #presentOf(writers: PartitionWriters): Writer {
    writers.present ??= this.#freshWriter();
    return writers.present;
  }

  #keyOf(at: RecordKey): MintedKey {
    if (this.#hashed?.at === at) return this.#hashed.key;
    const key = mintedKey(at);
    this.#hashed = { at, key };
    return key;
  }

  #freshWriter(): Writer {
    const { node, random } = this.#options;
    return freshWriter(node, this.#start, random);
  }
}

/** Which of the writers minted on the key before: the present one if it did. */
function namedIn(
  own: Context | undefined,
  { present, last }: PartitionWriters,
): Writer | undefined {
  if (own === undefined || last.size === 0) return undefined;
  if (present !== undefined && own.vector.has(present)) return present;
  for (const writer of own.vector.keys()) if (last.has(writer)) return writer;
  return undefined;
}

function isAhead(context: Context | undefined, { last }: PartitionWriters): boolean {
  if (context === undefined || last.size === 0) return false;
  for (const [writer, n] of context.vector) if (n > (last.get(writer) ?? n)) return true;
  return false;
}
