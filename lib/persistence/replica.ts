/** A node's records: reads, mints and merges, each one transaction (Dynamo 4.3, 5; protocol in docs/architecture.md). */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { decode, encode } from '../encoding/codec.js';
import { OperatingError } from '../errors.js';
import { filterIncoming } from '../versioning/filter.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import { PartitionClock, type PlainClock } from '../versioning/partition-clock.js';
import { fingerprint, merge, type Siblings } from '../versioning/siblings.js';
import type { VersionVector } from '../versioning/version-vector.js';
import { type Intent, type Realised, realise } from './intent.js';
import type { Minter } from './minter.js';
import { decodeRecord, encodeRecord, hexadecimal, type RecordKey } from './records.js';
import type { Durability, Store, Transacted, Transaction } from './store.js';

/** A record as it lies in the storage, and what reading it yields. */
export interface StoredRecord {
  readonly siblings: Siblings;
  readonly bytes: Uint8Array;
  readonly fingerprint: string;
}

export interface Minted extends Realised {
  readonly bytes: Uint8Array;
}

export interface ReplicaOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly hybridClock: HybridClock;
  readonly minter: Minter;
  readonly observer: Observer;
  /** Bytes of decoded records kept in memory. */
  readonly cacheBytesMax: number;
  /** A write that makes a context larger is refused (507); contexts are never cut. */
  readonly contextBytesMax: number;
  /** A write that makes a record, siblings and all, larger is refused (507). */
  readonly recordBytesMax: number;
}

const CLOCK_PAGE = 1000;

export class Replica {
  readonly #options: ReplicaOptions;
  readonly #clocks = new Map<number, PartitionClock>();
  /** Partitions whose clock has grown since it was last persisted. */
  readonly #dirty = new Set<number>();
  readonly #cache: LRUCache<string, StoredRecord>;

  private constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#cache = new LRUCache({
      maxSize: options.cacheBytesMax,
      sizeCalculation: (record, key) => record.bytes.length + 2 * key.length + 400,
    });
  }

  /** Loads the partition clocks. They may lag behind the records, never lead them (C4). */
  static async open(options: ReplicaOptions): Promise<Replica> {
    const replica = new Replica(options);
    let from = 'c';
    for (;;) {
      const page = await options.store.range({ from, before: 'd', limit: CLOCK_PAGE });
      for (const [key, bytes] of page) {
        const plain = decode(bytes) as PlainClock;
        replica.#clocks.set(Number.parseInt(key.slice(1), 16), PartitionClock.from(plain));
        from = `${key}\u0000`;
      }
      if (page.length < CLOCK_PAGE) return replica;
    }
  }

  /**
   * What was last decided for the key, durable or not.
   * @throws OperatingError `corrupt_bytes` where the record does not match its checksum.
   */
  read(at: RecordKey): StoredRecord | undefined {
    const cached = this.#cache.get(at.storageKey);
    if (cached !== undefined) return cached;
    const bytes = this.#options.store.get(at.storageKey);
    if (bytes === undefined) return undefined;
    return this.#remember(at, this.#decode(at, bytes), bytes);
  }

  /** Resolves when what `read` returns is synced; undefined where it is already. */
  whenDurable(at: RecordKey): Promise<void> | undefined {
    return this.#options.store.whenDurable(at.storageKey);
  }

  /**
   * Reads, merges, mints, updates the clock and queues, in one transaction. `also` puts what must be
   * durable with it (hints).
   * @throws OperatingError `siblings`, `context_too_large`, `overloaded`, `storage_failed`
   */
  mint(
    at: RecordKey,
    intent: Intent,
    durability: Durability,
    also: (transaction: Transaction, bytes: Uint8Array) => void,
  ): Transacted<Minted> {
    const moment = {
      wallMilliseconds: this.#options.clock.wallMilliseconds(),
      hybrid: this.#options.hybridClock.now(),
    };
    return this.#options.store.transact((transaction) => {
      const own = this.read(at)?.siblings;
      const { minter } = this.#options;
      const realised = realise(own, intent, moment, minter.next(at.partition));
      this.#assertContextFits(realised.siblings.context);
      const bytes = encodeRecord(at, realised.siblings);
      this.#assertRecordFits(bytes);
      minter.consume(at.partition, realised.dot);
      this.#put(transaction, at, realised.siblings, bytes);
      this.#note(at.partition, realised.siblings, [realised.dot]);
      if (realised.siblings.versions.length > Math.max(1, own?.versions.length ?? 0)) {
        this.#options.observer.count('quorate_siblings_created_total');
      }
      also(transaction, bytes);
      return { ...realised, bytes };
    }, durability);
  }

  /**
   * Merges a whole state that came from elsewhere. Delivering it twice changes nothing.
   * @throws OperatingError `corrupt_bytes` where either side does not match its checksum.
   */
  merge(at: RecordKey, bytes: Uint8Array, durability: Durability): Transacted<StoredRecord> {
    const incoming = this.#decode(at, bytes);
    const own = this.read(at);
    const admitted = this.#filter(at, own?.siblings, incoming);
    const merged = own === undefined ? admitted : merge(own.siblings, admitted);
    if (own !== undefined && merged === own.siblings) {
      this.#note(at.partition, merged, incoming.versions.map((version) => version.dot));
      const durable = durability === 'sync' ? this.whenDurable(at) : undefined;
      return { value: own, committed: durable ?? Promise.resolve() };
    }
    return this.#options.store.transact((transaction) => {
      const kept = merged === incoming ? bytes : encodeRecord(at, merged);
      const stored = this.#put(transaction, at, merged, kept);
      this.#note(at.partition, merged, incoming.versions.map((version) => version.dot));
      return stored;
    }, durability);
  }

  /** The clock of a partition, live: read it at once, do not keep it. */
  clockOf(partition: number): PartitionClock {
    let clock = this.#clocks.get(partition);
    if (clock === undefined) {
      clock = new PartitionClock();
      this.#clocks.set(partition, clock);
    }
    return clock;
  }

  /** Writes the clocks that have grown: with or after the records that they speak of, never before. */
  async persistClocks(): Promise<void> {
    if (this.#dirty.size === 0) return;
    const partitions = [...this.#dirty];
    this.#dirty.clear();
    const { committed } = this.#options.store.transact((transaction) => {
      for (const partition of partitions) {
        const plain = this.clockOf(partition).toPlain();
        transaction.put(`c${hexadecimal(partition)}`, encode(plain));
      }
    }, 'os');
    await committed;
  }

  #filter(at: RecordKey, own: Siblings | undefined, incoming: Siblings): Siblings {
    const { admitted, superseded, unaccounted } = filterIncoming(
      this.clockOf(at.partition),
      own,
      incoming,
    );
    const { observer } = this.#options;
    if (superseded > 0) observer.count('quorate_filter_total', { reason: 'superseded' }, superseded);
    if (unaccounted.length > 0) {
      // Nothing is collected in this version, so a dot that the clock knows and the record does not
      // was lost here. To take it again heals; what superseded it will come by repair.
      observer.count('quorate_filter_total', { reason: 'unaccounted' }, unaccounted.length);
      observer.log('error', 'a record lacks versions that its partition clock has seen', {
        partition: at.partition,
      });
    }
    return admitted;
  }

  #put(
    transaction: Transaction,
    at: RecordKey,
    siblings: Siblings,
    bytes: Uint8Array,
  ): StoredRecord {
    transaction.put(at.storageKey, bytes);
    return this.#remember(at, siblings, bytes);
  }

  #remember(at: RecordKey, siblings: Siblings, bytes: Uint8Array): StoredRecord {
    const record = { siblings, bytes, fingerprint: fingerprint(siblings) };
    this.#cache.set(at.storageKey, record);
    return record;
  }

  #note(partition: number, held: Siblings, dots: readonly Siblings['versions'][number]['dot'][]): void {
    const clock = this.clockOf(partition);
    let grown = false;
    for (const dot of dots) {
      // Invariant: the clock speaks only of what the record holds or covers.
      if ((held.context.get(dot.writer) ?? 0) >= dot.n) grown = clock.add(dot) || grown;
    }
    if (grown) this.#dirty.add(partition);
  }

  #decode(at: RecordKey, bytes: Uint8Array): Siblings {
    try {
      return decodeRecord(at, bytes);
    } catch (error) {
      this.#options.observer.count('quorate_corrupt_records_total');
      throw error;
    }
  }

  #assertContextFits(context: VersionVector): void {
    const limit = this.#options.contextBytesMax;
    let size = 0;
    for (const writer of context.keys()) size += writer.length + 6;
    if (size <= limit) return;
    throw new OperatingError('context_too_large', 'the context of this key has grown beyond its limit', {
      details: { limit, size },
    });
  }

  #assertRecordFits(bytes: Uint8Array): void {
    const limit = this.#options.recordBytesMax;
    if (bytes.length <= limit) return;
    throw new OperatingError('record_too_large', 'the siblings of this key together exceed the limit', {
      details: { limit, size: bytes.length },
    });
  }
}
