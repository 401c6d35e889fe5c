/** The digests of all partitions of a node, and their way to the disk (architecture.md, A1). */
import type { Observer } from '../environment/observer.js';
import type { StorageOperation } from '../environment/storage.js';
import { DigestLog } from './digest-log.js';
import { LEAVES_A_PARTITION, leafOf, LeafSums, type Summary } from './leaf-sums.js';
import type { RecordKey } from './keyspace.js';
import type { Store } from './store.js';

/** A stored key, and the partition that it belongs to. */
export type Place = Pick<RecordKey, 'partition' | 'storageKey'>;

/** Is called with what was stored under a key before each change. */
export type Watcher = (at: Place, before: Summary | undefined) => void;

export interface DigestLimits {
  /** So many batches may have moved leaves of a partition before it gets a checkpoint. */
  readonly digestLogEntriesMax: number;
}

/**
 * Invariant (A1): the sums of a partition are those of the records that were decided for it. What
 * moves them reaches the disk in the batch that holds the record, so a record that is lost shows.
 */
export class Digests {
  readonly #sums = new Map<number, LeafSums>();
  readonly #revisions = new Map<number, number>();
  readonly #log: DigestLog;
  readonly #watchers = new Map<number, Set<Watcher>>();
  /** Leaves that moved since the last batch: partition times `LEAVES_A_PARTITION`, plus leaf. */
  readonly #moved = new Set<number>();

  private constructor({ digestLogEntriesMax: entriesMax }: DigestLimits) {
    this.#log = new DigestLog({ sumsOf: (partition) => this.of(partition), entriesMax });
  }

  /** Loads what is stored. What is damaged counts as empty: the next count finds the difference. */
  static async open(store: Store, observer: Observer, limits: DigestLimits): Promise<Digests> {
    const digests = new Digests(limits);
    await digests.#log.load(store, observer);
    store.accompany(() => digests.#leave());
    return digests;
  }

  /** The sums of a partition, live: read them at once, do not keep them. */
  of(partition: number): LeafSums {
    let sums = this.#sums.get(partition);
    if (sums === undefined) {
      sums = new LeafSums();
      this.#sums.set(partition, sums);
    }
    return sums;
  }

  /** Counts the changes of a partition: equal where nothing has changed. */
  revision(partition: number): number {
    return this.#revisions.get(partition) ?? 0;
  }

  /**
   * What is stored under a key goes from one state to another; called in the transaction that does
   * it.
   */
  move(at: Place, before: Summary | undefined, after: Summary | undefined): void {
    for (const watcher of this.#watchers.get(at.partition) ?? []) watcher(at, before);
    if (before?.fingerprint === after?.fingerprint && before?.live === after?.live) return;
    const leaf = leafOf(at);
    const sums = this.of(at.partition);
    if (before !== undefined) sums.add(leaf, before, -1);
    if (after !== undefined) sums.add(leaf, after, 1);
    this.#note(at.partition, leaf);
  }

  /** `watcher` is called at every change in the partition, until the returned function is. */
  watch(partition: number, watcher: Watcher): () => void {
    const watchers = this.#watchers.get(partition) ?? new Set();
    this.#watchers.set(partition, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
    };
  }

  /** Sets right what a count found otherwise; called in a transaction. */
  correct(partition: number, counted: LeafSums, expected: LeafSums): void {
    this.of(partition).correct(counted, expected);
    for (let leaf = 0; leaf < LEAVES_A_PARTITION; leaf += 1) this.#note(partition, leaf);
  }

  #note(partition: number, leaf: number): void {
    this.#revisions.set(partition, this.revision(partition) + 1);
    this.#moved.add(partition * LEAVES_A_PARTITION + leaf);
  }

  /** A batch leaves, with all that was decided so far: so does where the leaves have come to. */
  #leave(): readonly StorageOperation[] {
    if (this.#moved.size === 0) return NOTHING;
    const operations = this.#log.append(this.#moved);
    this.#moved.clear();
    return operations;
  }
}

const NOTHING: readonly StorageOperation[] = [];
