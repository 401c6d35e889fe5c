/**
 * The clocks of all partitions of a node, and how they are written to the disk, lazily
 * (architecture.md, C4).
 */
import { isCorrupt } from '../errors.js';
import { type Context, covers } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import { PartitionClock, type PlainClock } from '../versioning/partition-clock.js';
import type { Writer } from '../versioning/writer.js';
import { decodeStored, encodeStored } from '../persistence/checksummed.js';
import { clockKey, parseClockKey } from '../persistence/clock-keys.js';
import { eachEntry } from '../persistence/each-entry.js';
import { PREFIX, rangeOf } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';
import { ClockChanges } from './clock-changes.js';
import { ClockHashes } from './clock-hashes.js';

const NONE = new PartitionClock();

type Entry = PlainClock[number];
type StoredEntry = readonly [prefix: Entry[1], beyond: Entry[2]];

export class PartitionClocks {
  readonly #store: Store;
  readonly #clocks = new Map<number, PartitionClock>();
  /** As they lie on the disk, synced. */
  readonly #persisted = new Map<number, PartitionClock>();
  /**
   * Emptied, or not readable, and entries of these writers still lie on the disk: they alone tell
   * of the damage until `forget` takes them away.
   */
  readonly #emptied = new Map<number, Set<Writer>>();
  /** Of whom more was seen since it was last written. */
  readonly #dirty = new Map<number, Set<Writer>>();
  readonly #hashes = new ClockHashes();
  readonly #generations = new Map<number, number>();
  /** Partitions whose stored clock cannot be read: what was seen there is not known any more. */
  readonly unreadable: number[] = [];
  /** What has changed since a peer was answered. */
  readonly changes = new ClockChanges();
  #emptyings = 0;
  /** The last write of clocks, over or not. */
  #persisting: Promise<void> = Promise.resolve();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Loads what is stored. It may lag behind the records, and never leads them. */
  static async open(store: Store): Promise<PartitionClocks> {
    const clocks = new PartitionClocks(store);
    await eachEntry(store, rangeOf(PREFIX.clock), (key, bytes) => {
      clocks.#load(key, bytes);
    });
    return clocks;
  }

  /** The clock of a partition, live: read it at once, do not keep it. */
  of(partition: number): PartitionClock {
    let clock = this.#clocks.get(partition);
    if (clock === undefined) {
      clock = new PartitionClock();
      this.#clocks.set(partition, clock);
    }
    return clock;
  }

  /** What a crash now would leave of it, at least. It grows until the partition is emptied. */
  persisted(partition: number): PartitionClock {
    return this.#persisted.get(partition) ?? NONE;
  }

  /** Another at every emptying: what was asked for before must not count afterwards. */
  generation(partition: number): number {
    return this.#generations.get(partition) ?? 0;
  }

  /** How often any of them was emptied: what was proven by them before counts no more. */
  get emptyings(): number {
    return this.#emptyings;
  }

  /** Writers in the clock that has most of them: none ever leaves it. */
  get writersMax(): number {
    let most = 0;
    for (const clock of this.#clocks.values()) most = Math.max(most, clock.writerCount);
    return most;
  }

  /** Equal where two clocks have seen the same. */
  hashOf(partition: number): number {
    return this.#hashes.of(partition, this.of(partition));
  }

  /**
   * Adds the dots of versions that a record has just taken in.
   * Invariant: a clock speaks only of what the record, whose context this is, holds or covers.
   */
  note(partition: number, context: Context, dots: readonly Dot[]): void {
    for (const dot of dots) {
      if (covers(context, dot)) this.#see(partition, dot);
    }
  }

  /** Numbers that no version bears, or ever will: of them nothing is to be held or covered. */
  noteVoid(partition: number, dots: readonly Dot[]): void {
    for (const dot of dots) this.#see(partition, dot);
  }

  /**
   * Takes what another owner's clock says, once every record that stands behind it is durable here.
   */
  union(partition: number, other: PartitionClock): void {
    const clock = this.of(partition);
    for (const writer of clock.behind(other)) this.#willGrow(partition, clock, writer);
    clock.union(other);
  }

  /** Forgets what was seen, at once. What is on the disk goes with `forget`. */
  empty(partition: number): void {
    const onDisk = setAt(this.#emptied, partition);
    for (const writer of this.of(partition).writers()) onDisk.add(writer);
    this.#clocks.set(partition, new PartitionClock());
    this.#persisted.delete(partition);
    this.#dirty.delete(partition);
    this.#hashes.forget(partition);
    this.#generations.set(partition, this.generation(partition) + 1);
    this.#emptyings += 1;
    this.changes.emptied(partition);
  }

  /** Takes the stored clock away; what has been seen since is written again. */
  forget(partition: number, transaction: Transaction): void {
    const seen = new Set(this.of(partition).writers());
    for (const writer of new Set([...seen, ...setAt(this.#emptied, partition)])) {
      transaction.delete(clockKey(partition, writer));
    }
    this.#persisted.delete(partition);
    this.#emptied.delete(partition);
    this.#dirty.set(partition, seen);
  }

  /** Writes now what is not written yet, with what it speaks of. */
  keep(partition: number, transaction: Transaction): void {
    for (const writer of this.#emptied.get(partition) ?? []) {
      transaction.delete(clockKey(partition, writer));
    }
    this.#emptied.delete(partition);
    putAll(partition, this.#entriesToWrite(partition), transaction);
  }

  /**
   * Writes the clocks that have grown: with or after the records that they speak of. One that could
   * not be written stays behind, and that only makes peers send again. With nothing to write it
   * resolves when what another call is writing is written, or was not.
   */
  persist(): Promise<void> {
    if (this.#dirty.size === 0) return this.#persisting;
    const writing = this.#write();
    this.#persisting = writing.catch(() => undefined);
    return writing;
  }

  async #write(): Promise<void> {
    const written = [...this.#dirty.keys()]
      .filter((partition) => !this.#emptied.has(partition))
      .map((partition) => {
        const entries = this.#entriesToWrite(partition);
        return { partition, entries, of: this.generation(partition) };
      });
    const put = (transaction: Transaction): void => {
      for (const { partition, entries } of written) putAll(partition, entries, transaction);
    };
    const { committed } = this.#store.transact(put, 'sync', 'vital');
    for (const { partition } of written) this.#dirty.delete(partition);
    await committed;
    for (const { partition, entries, of } of written) {
      if (of === this.generation(partition)) this.#isOnDisk(partition, entries);
    }
  }

  #entriesToWrite(partition: number): Entry[] {
    const clock = this.of(partition);
    const writers = [...(this.#dirty.get(partition) ?? [])];
    return writers.flatMap((writer) => {
      const entry = clock.entryOf(writer);
      return entry === undefined ? [] : [entry];
    });
  }

  #isOnDisk(partition: number, entries: readonly Entry[]): void {
    let persisted = this.#persisted.get(partition);
    if (persisted === undefined) {
      persisted = new PartitionClock();
      this.#persisted.set(partition, persisted);
    }
    persisted.union(PartitionClock.from([...entries]));
  }

  #see(partition: number, dot: Dot): void {
    const clock = this.of(partition);
    if (clock.has(dot)) return;
    this.#willGrow(partition, clock, dot.writer);
    clock.add(dot);
  }

  #willGrow(partition: number, clock: PartitionClock, writer: Writer): void {
    this.#hashes.willGrow(partition, clock, writer);
    this.changes.noted(partition, writer);
    setAt(this.#dirty, partition).add(writer);
  }

  #load(key: string, bytes: Uint8Array): void {
    const { partition, writer } = parseClockKey(key);
    try {
      const entry: Entry = [writer, ...(decodeStored(key, bytes) as StoredEntry)];
      this.of(partition).union(PartitionClock.from([entry]));
      this.changes.noted(partition, writer);
      this.#isOnDisk(partition, [entry]);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      setAt(this.#emptied, partition).add(writer);
      if (!this.unreadable.includes(partition)) this.unreadable.push(partition);
    }
  }
}

function putAll(partition: number, entries: readonly Entry[], transaction: Transaction): void {
  for (const [writer, ...seen] of entries) {
    const key = clockKey(partition, writer);
    transaction.put(key, encodeStored(key, seen satisfies StoredEntry));
  }
}

function setAt(sets: Map<number, Set<Writer>>, partition: number): Set<Writer> {
  let set = sets.get(partition);
  if (set === undefined) {
    set = new Set();
    sets.set(partition, set);
  }
  return set;
}
