/** A node's records: reads, mints and merges, each one transaction (Dynamo 4.3, 5). */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { filterIncoming } from '../versioning/filter.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { fingerprint, merge } from '../versioning/siblings.js';
import type { Intent, Realised } from './intent.js';
import { realise } from './intent.js';
import type { Minter } from './minter.js';
import type { RecordKey } from './records.js';
import type { PartitionClocks } from './partition-clocks.js';
import { assertRecordFits, type RecordLimits } from './record-limits.js';
import { decodeRecord, encodeRecord } from './records.js';
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

export interface ReplicaOptions extends RecordLimits {
  readonly store: Store;
  readonly clocks: PartitionClocks;
  readonly clock: Clock;
  readonly hybridClock: HybridClock;
  readonly minter: Minter;
  readonly observer: Observer;
  /** Bytes of decoded records kept in memory. */
  readonly cacheBytesMax: number;
}

export class Replica {
  readonly #options: ReplicaOptions;
  readonly #cache: LRUCache<string, StoredRecord>;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#cache = new LRUCache({
      maxSize: options.cacheBytesMax,
      sizeCalculation: (record, key) => record.bytes.length + 2 * key.length + 400,
    });
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
   * Reads, merges, mints, updates the clock and queues, in one transaction. `also` puts what must
   * be durable with it (hints).
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
      const bytes = encodeRecord(at, realised.siblings);
      assertRecordFits(this.#options, realised.siblings, bytes);
      also(transaction, bytes);
      // From here on nothing throws: what the cache, the clock and the minter know will be stored.
      minter.consume(at.partition, realised.dot);
      this.#put(transaction, at, realised.siblings, bytes);
      this.#options.clocks.note(at.partition, realised.siblings.context, [realised.dot]);
      if (realised.siblings.versions.length > Math.max(1, own?.versions.length ?? 0)) {
        this.#options.observer.count('quorate_siblings_created_total');
      }
      return { ...realised, bytes };
    }, durability);
  }

  /**
   * Merges a whole state that came from elsewhere. Delivering it twice changes nothing.
   * @throws OperatingError `corrupt_bytes` where either side does not match its checksum.
   */
  merge(at: RecordKey, bytes: Uint8Array, durability: Durability): Transacted<StoredRecord> {
    const incoming = this.#decode(at, bytes);
    const dots = incoming.versions.map((version) => version.dot);
    const own = this.read(at);
    const admitted = this.#filter(at, own?.siblings, incoming);
    const merged = own === undefined ? admitted : merge(own.siblings, admitted);
    if (own !== undefined && merged === own.siblings) {
      this.#options.clocks.note(at.partition, merged.context, dots);
      const durable = this.#options.store.whenDurable(at.storageKey, durability);
      return { value: own, committed: durable ?? Promise.resolve() };
    }
    return this.#options.store.transact((transaction) => {
      const kept = merged === incoming ? bytes : encodeRecord(at, merged);
      const stored = this.#put(transaction, at, merged, kept);
      this.#options.clocks.note(at.partition, merged.context, dots);
      return stored;
    }, durability);
  }

  #filter(at: RecordKey, own: Siblings | undefined, incoming: Siblings): Siblings {
    const { admitted, superseded, unaccounted } = filterIncoming(
      this.#options.clocks.of(at.partition),
      own,
      incoming,
    );
    const { observer } = this.#options;
    if (superseded > 0)
      observer.count('quorate_filter_total', { reason: 'superseded' }, superseded);
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

  #decode(at: RecordKey, bytes: Uint8Array): Siblings {
    try {
      return decodeRecord(at, bytes);
    } catch (error) {
      this.#options.observer.count('quorate_corrupt_records_total');
      throw error;
    }
  }
}
