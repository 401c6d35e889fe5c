/** A node's replicas: reads, mints and merges, each one transaction (Dynamo 4.3, 5). */
import type { Observer } from '../environment/observer.js';
import { OperatingError } from '../errors.js';
import { type Dot, dotText } from '../versioning/dot.js';
import { filterIncoming } from '../versioning/filter.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { merge } from '../versioning/siblings.js';
import { vectorCovers } from '../versioning/version-vector.js';
import type { CollectedDots } from './collected-dots.js';
import type { ExpiryClock } from './expiry-clock.js';
import type { PartitionHealth } from './health.js';
import type { Intent, Realised } from './intent.js';
import { realise } from './intent.js';
import type { Minter } from './minter.js';
import type { PartitionClocks } from './partition-clocks.js';
import { assertRecordFits, type RecordLimits } from './record-limits.js';
import type { RecordTable, StoredRecord } from './record-table.js';
import type { RecordKey } from './records.js';
import { decodeRecord, encodeRecord, withinRecord } from './records.js';
import type { Durability, Store, Transacted, Transaction } from './store.js';

export interface Minted extends Realised {
  readonly bytes: Uint8Array;
}

/** What the other owners say of versions that were seen here and are not held here any more. */
export type FilterVerdict = 'dropped' | 'damaged';

export interface ReplicaOptions extends RecordLimits {
  readonly store: Store;
  readonly table: RecordTable;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly collected: CollectedDots;
  readonly expiryClock: ExpiryClock;
  readonly hybridClock: HybridClock;
  readonly minter: Minter;
  readonly observer: Observer;
}

/** So often a merge asks the other owners before it is put off. */
const QUESTIONS_MAX = 3;
const NOTHING_DROPPED: ReadonlySet<string> = new Set();

export class Replica {
  readonly #options: ReplicaOptions;
  #askOwners: (at: RecordKey, dots: readonly Dot[]) => Promise<FilterVerdict> = () =>
    Promise.reject(new OperatingError('not_ready', 'no other owner can be asked yet'));

  constructor(options: ReplicaOptions) {
    this.#options = options;
  }

  /** Anti-entropy introduces itself: it asks the owners what became of a version. */
  onUnaccounted(ask: (at: RecordKey, dots: readonly Dot[]) => Promise<FilterVerdict>): void {
    this.#askOwners = ask;
  }

  /**
   * What was last decided for the key, durable or not.
   * @throws OperatingError `rebuilding`: also where this look finds the record damaged
   */
  read(at: RecordKey): StoredRecord | undefined {
    this.#options.health.assertWhole(at.partition);
    try {
      return this.#options.table.read(at);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#options.observer.count('quorate_corrupt_records_total');
      this.#options.health.damage(at.partition, 'checksum');
      this.#options.health.assertWhole(at.partition);
      return undefined;
    }
  }

  /** Resolves when what `read` returns is synced; undefined where it is already. */
  whenDurable(at: RecordKey): Promise<void> | undefined {
    return this.#options.store.whenDurable(at.storageKey);
  }

  /**
   * Reads, merges, mints, updates the clock and queues, in one transaction. `also` puts what must
   * be durable with it (hints).
   * @throws OperatingError `siblings`, `context_too_large`, `overloaded`, `storage_failed`,
   * `rebuilding`
   */
  mint(
    at: RecordKey,
    intent: Intent,
    durability: Durability,
    also: (transaction: Transaction, minted: Minted) => void,
  ): Transacted<Minted> {
    const { store, table, minter, clocks, observer } = this.#options;
    const moment = {
      wallMilliseconds: this.#options.expiryClock.now(),
      hybrid: this.#options.hybridClock.now(),
    };
    return store.transact((transaction) => {
      const own = this.read(at);
      this.#assertMintsAreThere(at, own?.siblings);
      const realised = realise(own?.siblings, intent, moment, minter.next(at.partition));
      const bytes = encodeRecord(at, realised.siblings);
      assertRecordFits(this.#options, realised.siblings, bytes);
      const minted = { ...realised, bytes };
      also(transaction, minted);
      // From here on nothing throws: what the cache, the clock and the minter know will be stored.
      minter.consume(at, realised.dot);
      table.put(transaction, at, own, withinRecord(at, realised.siblings, bytes), bytes);
      clocks.note(at.partition, realised.siblings.context, [realised.dot]);
      const held = own?.siblings.versions.length ?? 0;
      if (realised.siblings.versions.length > Math.max(1, held)) {
        observer.count('quorate_siblings_created_total');
      }
      return minted;
    }, durability);
  }

  /**
   * Merges a whole state that came from elsewhere; resolves when it is as durable as asked.
   * Delivering it twice changes nothing. A version that was seen here, and is neither held nor
   * covered any more, was collected or lost: then the other owners are asked first.
   * @throws OperatingError `corrupt_bytes`, `overloaded`, `storage_failed`, `not_ready` (the owners
   * cannot be asked)
   */
  async merge(at: RecordKey, bytes: Uint8Array, durability: Durability): Promise<void> {
    const incoming = this.#decode(at, bytes);
    let dropped = NOTHING_DROPPED;
    for (let questions = 0; ; questions += 1) {
      const unaccounted = this.#unaccounted(at, incoming, dropped);
      if (unaccounted.length === 0) break;
      if (questions === QUESTIONS_MAX) {
        throw new OperatingError('not_ready', 'what became of a version cannot be found out now');
      }
      const verdict = await this.#askOwners(at, unaccounted);
      this.#options.observer.count('quorate_filter_total', { reason: verdict });
      if (verdict === 'damaged') this.#options.health.damage(at.partition, 'held elsewhere');
      else dropped = new Set([...dropped, ...unaccounted.map(dotText)]);
    }
    await this.#merge(at, incoming, bytes, dropped, durability);
  }

  /** The same, acknowledged: under rebuild a replica takes all, and vouches for nothing. */
  async mergeAndVouch(at: RecordKey, bytes: Uint8Array, durability: Durability): Promise<void> {
    await this.merge(at, bytes, durability);
    this.#options.health.assertWhole(at.partition);
  }

  #decode(at: RecordKey, bytes: Uint8Array): Siblings {
    try {
      return decodeRecord(at, bytes);
    } catch (error) {
      this.#options.observer.count('quorate_corrupt_records_total');
      throw error;
    }
  }

  /** A record that lost what this very life minted is damaged, whatever its checksum says. */
  #assertMintsAreThere(at: RecordKey, own: Siblings | undefined): void {
    const { minter, health } = this.#options;
    const last = minter.lastOf(at);
    if (last === undefined) return;
    if (own !== undefined && vectorCovers(own.context.vector, last)) return;
    health.damage(at.partition, 'own mint missing');
    health.assertWhole(at.partition);
  }

  /** Dots of incoming versions that the clock has seen, and nothing here accounts for. */
  #unaccounted(at: RecordKey, incoming: Siblings, dropped: ReadonlySet<string>): Dot[] {
    const { clocks, health, collected } = this.#options;
    const own = this.#readForMerge(at);
    if (health.isRebuilding(at.partition)) return [];
    const { unaccounted } = filterIncoming(clocks.of(at.partition), own?.siblings, incoming);
    return unaccounted
      .map(({ dot }) => dot)
      .filter((dot) => !dropped.has(dotText(dot)) && !collected.has(at, dot));
  }

  #merge(
    at: RecordKey,
    incoming: Siblings,
    bytes: Uint8Array,
    dropped: ReadonlySet<string>,
    durability: Durability,
  ): Promise<void> {
    const { store, table, clocks } = this.#options;
    const own = this.#readForMerge(at);
    const admitted = this.#admit(at, own?.siblings, incoming, dropped);
    const dots = admitted.versions.map(({ dot }) => dot);
    const allEnded = admitted.versions.length === 0 && incoming.versions.length > 0;
    if (own === undefined && allEnded) return Promise.resolve();
    const merged = own === undefined ? admitted : merge(own.siblings, admitted);
    if (own !== undefined && merged === own.siblings) {
      clocks.note(at.partition, merged.context, dots);
      return store.whenDurable(at.storageKey, durability) ?? Promise.resolve();
    }
    const { committed } = store.transact((transaction) => {
      const kept = merged === incoming ? bytes : encodeRecord(at, merged);
      table.put(transaction, at, own, merged, kept);
      clocks.note(at.partition, merged.context, dots);
    }, durability);
    return committed;
  }

  /** The incoming state without what the clock has seen end. Under rebuild nothing is known. */
  #admit(
    at: RecordKey,
    own: Siblings | undefined,
    incoming: Siblings,
    dropped: ReadonlySet<string>,
  ): Siblings {
    const { clocks, health, collected, observer } = this.#options;
    if (health.isRebuilding(at.partition)) return incoming;
    const filtered = filterIncoming(clocks.of(at.partition), own, incoming);
    const { admitted, superseded, unaccounted } = filtered;
    if (superseded > 0)
      observer.count('quorate_filter_total', { reason: 'superseded' }, superseded);
    if (unaccounted.length === 0) return admitted;
    const gone = unaccounted.filter(
      ({ dot }) => dropped.has(dotText(dot)) || collected.has(at, dot),
    );
    observer.count('quorate_filter_total', { reason: 'collected' }, gone.length);
    return { ...admitted, versions: admitted.versions.filter((one) => !gone.includes(one)) };
  }

  /** A damaged record is replaced by what comes; the partition is under rebuild then. */
  #readForMerge(at: RecordKey): StoredRecord | undefined {
    const { health, table } = this.#options;
    if (!health.isRebuilding(at.partition)) {
      try {
        return this.read(at);
      } catch (error) {
        if (!health.isRebuilding(at.partition)) throw error;
      }
    }
    try {
      return table.read(at);
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }
}

function isCorrupt(error: unknown): boolean {
  return error instanceof OperatingError && error.code === 'corrupt_bytes';
}
