/** A node's replicas: reads, mints and merges, each one transaction (Dynamo 4.3, 5). */
import type { Observer } from '../environment/observer.js';
import { isCorrupt, OperatingError } from '../errors.js';
import { type Dot, dotText } from '../versioning/dot.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { merge } from '../versioning/siblings.js';
import { vectorCovers } from '../versioning/version-vector.js';
import type { CollectedDots } from './collected-dots.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { PartitionHealth } from './health.js';
import { type Fate, fateIn, type Look, lookAt } from './incoming.js';
import type { Intent, Realised } from './intent.js';
import { realise } from './intent.js';
import type { Minter } from './minter.js';
import type { PartitionClocks } from './partition-clocks.js';
import { assertRecordFits, type RecordLimits } from '../persistence/record-limits.js';
import type { RecordTable, StoredRecord } from '../persistence/record-table.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { decodeRecord, encodeRecord, withinRecord } from '../persistence/records.js';
import type { Durability, Store, Transacted, Urgency } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';

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
    const urgency = this.#urgencyOf(at, intent);
    return store.transact(
      (transaction) => {
        const own = this.read(at);
        this.#assertMintsAreThere(at, own?.siblings);
        const context = own?.siblings.context;
        const next = minter.next(at.partition, context, intent.seen);
        const { siblings, seen, dot, replaced } = realise(own?.siblings, intent, moment, next);
        const bytes = encodeRecord(at, siblings);
        const isDelete = intent.change.state === 'tombstone';
        assertRecordFits(this.#options, own, intent.seen, { siblings, bytes }, isDelete);
        const minted = { siblings, seen, dot, replaced, bytes };
        also(transaction, minted);
        // Nothing throws from here on: what cache, clock and minter know will be stored.
        minter.consume(at, dot, context);
        table.put(transaction, at, own, withinRecord(at, siblings, bytes), bytes);
        clocks.note(at.partition, siblings.context, [dot]);
        const held = own?.siblings.versions.length ?? 0;
        if (siblings.versions.length > Math.max(1, held)) {
          observer.count('quorate_siblings_created_total');
        }
        return minted;
      },
      durability,
      urgency,
    );
  }

  /**
   * Merges a whole state that came from elsewhere; resolves when it is as durable as asked.
   * Delivering it twice changes nothing. A version that was seen here, and is neither held nor
   * covered any more, was collected or lost: then the other owners are asked first.
   * @throws OperatingError `corrupt_bytes`, `overloaded`, `storage_failed`, `not_ready` (the owners
   * cannot be asked)
   */
  merge(at: RecordKey, bytes: Uint8Array, durability: Durability): Promise<Fate | undefined> {
    try {
      const incoming = this.#decode(at, bytes);
      const look = this.#look(at, incoming, NOTHING_DROPPED);
      if (look.unaccounted.length > 0) return this.#mergeAsking(at, look, bytes, durability);
      return this.#take(at, look, bytes, durability);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** The same, acknowledged: under rebuild a replica takes all, and vouches for nothing. */
  mergeAndVouch(
    at: RecordKey,
    bytes: Uint8Array,
    durability: Durability,
  ): Promise<Fate | undefined> {
    return this.merge(at, bytes, durability).then((fate) => {
      this.#options.health.assertWhole(at.partition);
      return fate;
    });
  }

  async #mergeAsking(
    at: RecordKey,
    first: Look,
    bytes: Uint8Array,
    durability: Durability,
  ): Promise<Fate | undefined> {
    let look = first;
    let dropped = NOTHING_DROPPED;
    for (let questions = 0; look.unaccounted.length > 0; questions += 1) {
      if (questions === QUESTIONS_MAX) {
        throw new OperatingError('not_ready', 'what became of a version cannot be found out now');
      }
      const { unaccounted } = look;
      const verdict = await this.#askOwners(at, unaccounted);
      this.#options.observer.count('quorate_filter_total', { reason: verdict });
      if (verdict === 'damaged') this.#options.health.damage(at.partition, 'held elsewhere');
      else dropped = new Set([...dropped, ...unaccounted.map(dotText)]);
      look = this.#look(at, look.incoming, dropped);
    }
    return this.#take(at, look, bytes, durability);
  }

  /** A delete of what is there leaves less than there was: also where the disk has no room left. */
  #urgencyOf(at: RecordKey, { change }: Intent): Urgency {
    if (change.state !== 'tombstone') return 'ordinary';
    const holdsValue = this.read(at)?.siblings.versions.some(({ state }) => state === 'value');
    return holdsValue === true ? 'shrinking' : 'ordinary';
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

  #look(at: RecordKey, incoming: Siblings, dropped: ReadonlySet<string>): Look {
    return lookAt(this.#options, at, this.#readForMerge(at), incoming, dropped);
  }

  #take(
    at: RecordKey,
    { own, incoming, admitted, superseded, collected, valueCollected }: Look,
    bytes: Uint8Array,
    durability: Durability,
  ): Promise<Fate | undefined> {
    const { store, table, clocks, observer } = this.#options;
    if (superseded > 0) {
      observer.count('quorate_filter_total', { reason: 'superseded' }, superseded);
    }
    if (collected > 0) observer.count('quorate_filter_total', { reason: 'collected' }, collected);
    const dots = admitted.versions.map(({ dot }) => dot);
    const allEnded = admitted.versions.length === 0 && incoming.versions.length > 0;
    const gone = valueCollected ? 'collected' : undefined;
    if (own === undefined && allEnded) return Promise.resolve(gone);
    const merged = own === undefined ? admitted : merge(own.siblings, admitted);
    const fate = gone ?? fateIn(merged, incoming);
    if (own !== undefined && merged === own.siblings) {
      clocks.note(at.partition, merged.context, dots);
      const durable = store.whenDurable(at.storageKey, durability);
      return durable === undefined ? Promise.resolve(fate) : durable.then(() => fate);
    }
    const kept = merged === incoming ? bytes : encodeRecord(at, merged);
    const shrinks = own !== undefined && kept.length <= own.bytes.length;
    const { committed } = store.transact(
      (transaction) => {
        table.put(transaction, at, own, merged, kept);
        clocks.note(at.partition, merged.context, dots);
      },
      durability,
      shrinks ? 'shrinking' : 'ordinary',
    );
    return committed.then(() => fate);
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
