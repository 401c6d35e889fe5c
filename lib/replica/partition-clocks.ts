/**
 * The clocks of all partitions of a node, and how they are written to the disk, lazily
 * (architecture.md, C4).
 */
import { encode } from '../encoding/codec.js';
import { hash32 } from '../encoding/hash.js';
import { isCorrupt } from '../errors.js';
import { type Context, covers } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import { PartitionClock, type PlainClock } from '../versioning/partition-clock.js';
import { decodeStored, encodeStored } from '../persistence/checksummed.js';
import { eachEntry } from '../persistence/each-entry.js';
import { parsePartitionKey, partitionKey, PREFIX, rangeOf } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';
import { ClockChanges } from './clock-changes.js';

const NONE = new PartitionClock();

export class PartitionClocks {
  readonly #store: Store;
  readonly #clocks = new Map<number, PartitionClock>();
  /** As they lie on the disk, synced. */
  readonly #persisted = new Map<number, PartitionClock>();
  /**
   * Emptied, and the clock from before still lies on the disk: it alone tells of the damage until
   * `forget` takes it away.
   */
  readonly #emptied = new Set<number>();
  /** Partitions whose clock has grown since it was last persisted. */
  readonly #dirty = new Set<number>();
  readonly #hashes = new Map<number, number>();
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
      clocks.#load(parsePartitionKey(key), key, bytes);
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

  /** What a crash now would leave of it, at least. Never changed once given. */
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

  /** Equal where two clocks have seen the same. */
  hashOf(partition: number): number {
    let hash = this.#hashes.get(partition);
    if (hash === undefined) {
      hash = hash32(encode(this.of(partition).toPlain()));
      this.#hashes.set(partition, hash);
    }
    return hash;
  }

  /**
   * Adds the dots of versions that a record has just taken in.
   * Invariant: a clock speaks only of what the record, whose context this is, holds or covers.
   */
  note(partition: number, context: Context, dots: readonly Dot[]): void {
    const clock = this.of(partition);
    let grown = false;
    for (const dot of dots) {
      if (!covers(context, dot) || !clock.add(dot)) continue;
      grown = true;
      this.changes.noted(partition, dot.writer);
    }
    if (grown) this.#changed(partition);
  }

  /** Numbers that no version bears, or ever will: of them nothing is to be held or covered. */
  noteVoid(partition: number, dots: readonly Dot[]): void {
    for (const dot of dots) {
      if (this.of(partition).add(dot)) this.changes.noted(partition, dot.writer);
    }
    if (dots.length > 0) this.#changed(partition);
  }

  /**
   * Takes what another owner's clock says, once every record that stands behind it is durable here.
   */
  union(partition: number, other: PartitionClock): void {
    if (this.of(partition).includes(other)) return;
    this.of(partition).union(other);
    for (const writer of other.writers()) this.changes.noted(partition, writer);
    this.#changed(partition);
  }

  /** Forgets what was seen, at once. What is on the disk goes with `forget`. */
  empty(partition: number): void {
    this.#clocks.set(partition, new PartitionClock());
    this.#persisted.delete(partition);
    this.#generations.set(partition, this.generation(partition) + 1);
    this.#emptyings += 1;
    this.#emptied.add(partition);
    this.changes.emptied(partition);
    this.#changed(partition);
  }

  /** Takes the stored clock away; what has been seen since is written again. */
  forget(partition: number, transaction: Transaction): void {
    transaction.delete(partitionKey('clock', partition));
    this.#persisted.delete(partition);
    this.#emptied.delete(partition);
    this.#dirty.add(partition);
  }

  /** Writes it now, with what it speaks of. */
  keep(partition: number, transaction: Transaction): void {
    const plain = this.of(partition).toPlain();
    this.#emptied.delete(partition);
    transaction.put(
      partitionKey('clock', partition),
      encodeStored(partitionKey('clock', partition), plain),
    );
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
    const plain = [...this.#dirty]
      .filter((partition) => !this.#emptied.has(partition))
      .map((partition) => {
        return { partition, clock: this.of(partition).toPlain(), of: this.generation(partition) };
      });
    const keep = (transaction: Transaction): void => {
      for (const { partition } of plain) this.keep(partition, transaction);
    };
    const { committed } = this.#store.transact(keep, 'sync', 'vital');
    for (const { partition } of plain) this.#dirty.delete(partition);
    await committed;
    for (const { partition, clock, of } of plain) {
      if (of !== this.generation(partition)) continue;
      this.#persisted.set(partition, PartitionClock.from(clock));
    }
  }

  #changed(partition: number): void {
    this.#dirty.add(partition);
    this.#hashes.delete(partition);
  }

  #load(partition: number, key: string, bytes: Uint8Array): void {
    try {
      const plain = decodeStored(key, bytes) as PlainClock;
      this.#clocks.set(partition, PartitionClock.from(plain));
      for (const [writer] of plain) this.changes.noted(partition, writer);
      this.#persisted.set(partition, PartitionClock.from(plain));
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.unreadable.push(partition);
    }
  }
}
