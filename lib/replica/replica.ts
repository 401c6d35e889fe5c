/** A node's replicas: reads, mints and merges, each one transaction (Dynamo 4.3, 5). */
import type { Observer } from '../environment/observer.js';
import { assert, isCorrupt, OperatingError } from '../errors.js';
import { covers, EMPTY_CONTEXT, type Seen } from '../versioning/context.js';
import { type DotSet, keepDots, NO_DOTS } from '../versioning/dot-set.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { vectorCovers } from '../versioning/version-vector.js';
import { type BlindReport, reportOn, type Stamped } from './blind-report.js';
import { type Claim, type Claimed, claimOn } from './claim.js';
import type { CollectedDots } from './collected-dots.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { PartitionHealth } from './health.js';
import type { Settle } from './group-answers.js';
import type { ArrivedCopy, GroupApplyOptions } from './group-apply.js';
import { GroupApply } from './group-apply.js';
import type { Fate } from './incoming.js';
import type { Intent } from './intent.js';
import { type Minted, mintOn, momentOf } from './mint-on.js';
import type { Minter } from './minter.js';
import { OpenBlindWrites } from './open-blind-writes.js';
import type { PartitionClocks } from './partition-clocks.js';
import { assertRecordFits, type RecordLimits } from '../persistence/record-limits.js';
import type { RecordTable, StoredRecord } from '../persistence/record-table.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { encodeRecord, withinRecord } from '../persistence/records.js';
import type { Durability, Store, Transacted, Urgency } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';

export interface ClaimedHere extends Claimed {
  readonly bytes: Uint8Array;
}

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

export class Replica {
  readonly openBlindWrites = new OpenBlindWrites();
  readonly #options: ReplicaOptions;
  readonly #group: GroupApply;
  #askOwners: GroupApplyOptions['askOwners'] = () =>
    Promise.reject(new OperatingError('not_ready', 'no other owner can be asked yet'));

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#group = new GroupApply({
      ...options,
      openBlindWrites: this.openBlindWrites,
      read: (at) => this.read(at),
      askOwners: (at, dots) => this.#askOwners(at, dots),
    });
  }

  /** Set by anti-entropy: how the other owners are asked what became of a version. */
  onUnaccounted(ask: GroupApplyOptions['askOwners']): void {
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

  /**
   * Which of the dots has this replica not seen? What the record covers it need not have seen: of
   * this key it was superseded, and other keys are not asked for.
   * @param held what `read` returned in the same step
   */
  unseen({ partition }: RecordKey, held: StoredRecord | undefined, dots: DotSet): DotSet {
    if (dots.size === 0) return NO_DOTS;
    const clock = this.#options.clocks.of(partition);
    const context = held?.siblings.context ?? EMPTY_CONTEXT;
    return keepDots(dots, (dot) => !clock.has(dot) && !covers(context, dot));
  }

  /** Resolves when what `read` returns is synced; undefined where it is already. */
  whenDurable(at: RecordKey): Promise<void> | undefined {
    return this.#options.store.whenDurable(at.storageKey);
  }

  /**
   * Reads, merges, mints, updates the clock and queues, in one transaction. `also` puts what must
   * be durable with it (hints).
   * @throws OperatingError `version_changed`, `clock_not_sane`, `context_too_large`, `overloaded`,
   * `read_only`, `storage_failed`, `rebuilding`
   */
  mint(
    at: RecordKey,
    intent: Intent,
    durability: Durability,
    also: (transaction: Transaction, minted: Minted) => void,
  ): Transacted<Minted> {
    const { store } = this.#options;
    const moment = momentOf(this.#options);
    const urgency = this.#urgencyOf(at, intent);
    return store.transact(
      (transaction) => {
        const own = this.read(at);
        this.#assertMintsAreThere(at, own?.siblings);
        const minted = mintOn(this.#options, at, own, intent, moment);
        const { siblings, dot } = minted;
        also(transaction, minted);
        this.#put(transaction, at, own, { siblings, bytes: minted.bytes, dot });
        return minted;
      },
      durability,
      urgency,
    );
  }

  /** Takes copies that came together; see `GroupApply.apply`. Vouches for what it takes. */
  take(copies: readonly ArrivedCopy[], settle: Settle): void {
    this.#group.apply(copies, true, settle);
  }

  /**
   * What the own record holds of a blind write and beside it, at this moment; undefined where it
   * was collected.
   * @throws OperatingError `rebuilding`; `not_ready` where its writer mints no more
   */
  lookAtBlind(at: RecordKey, version: Stamped): BlindReport | undefined {
    const { minter } = this.#options;
    const own = this.read(at)?.siblings;
    this.#assertMintsAreThere(at, own);
    if (!minter.mintsAs(at.partition, version.dot.writer)) {
      throw new OperatingError('not_ready', 'the writer of the blind write mints no more');
    }
    if (own === undefined || !covers(own.context, version.dot)) return undefined;
    return reportOn(own, version.dot, this.openBlindWrites.isAnyAbove(at, version));
  }

  /**
   * Claims what a blind write has met, on the record that was looked at in the same step.
   * @param seen what the writer has seen so far
   * @throws OperatingError as a mint
   */
  claim(
    at: RecordKey,
    claim: Claim,
    seen: Seen,
    durability: Durability,
    also: (transaction: Transaction, claimed: ClaimedHere) => void,
  ): Transacted<ClaimedHere> {
    const { store, minter, hybridClock } = this.#options;
    return store.transact((transaction) => {
      const own = this.read(at);
      assert(own !== undefined, 'a claim follows a look');
      const { context } = own.siblings;
      const dot = minter.next(at.partition, context);
      const claimed = claimOn(own.siblings, claim, seen, dot, hybridClock.now());
      const { siblings } = claimed;
      const bytes = encodeRecord(at, siblings);
      assertRecordFits(this.#options, own, undefined, { siblings, bytes }, true);
      const made = { ...claimed, bytes };
      also(transaction, made);
      this.#put(transaction, at, own, { siblings, bytes, dot });
      return made;
    }, durability);
  }

  /**
   * Merges a whole state that came from elsewhere, a group of one; resolves when it is as durable
   * as asked. A version that was seen here, and is neither held nor covered any more, was collected
   * or lost: then the other owners are asked first. Under rebuild it takes all.
   * @throws OperatingError the refusals of `GroupApply.apply`
   */
  merge(at: RecordKey, bytes: Uint8Array, durability: Durability): Promise<Fate | undefined> {
    return this.#merge({ at, bytes, durability }, false);
  }

  /** The same with copies that came together; each is answered on its own. */
  mergeGroup(copies: readonly ArrivedCopy[], settle: Settle): void {
    this.#group.apply(copies, false, settle);
  }

  /** The same, acknowledged: under rebuild a replica takes all, and vouches for nothing. */
  mergeAndVouch(
    at: RecordKey,
    bytes: Uint8Array,
    durability: Durability,
  ): Promise<Fate | undefined> {
    return this.#merge({ at, bytes, durability }, true);
  }

  #merge(copy: ArrivedCopy, vouches: boolean): Promise<Fate | undefined> {
    return new Promise((resolve, reject) => {
      this.#group.apply([copy], vouches, ([outcome]) => {
        if (outcome?.error === undefined) resolve(outcome?.fate);
        else reject(outcome.error);
      });
    });
  }

  /**
   * Stores a state with the dot that was minted for it. Nothing throws from here on: what cache,
   * clock and minter know will be stored.
   */
  #put(
    transaction: Transaction,
    at: RecordKey,
    own: StoredRecord | undefined,
    { siblings, bytes, dot }: Pick<Minted, 'siblings' | 'bytes' | 'dot'>,
  ): void {
    const { table, minter, clocks } = this.#options;
    minter.consume(at, dot, own?.siblings.context);
    table.put(transaction, at, own, withinRecord(at, siblings, bytes), bytes);
    clocks.note(at.partition, siblings.context, [dot]);
  }

  /** A delete of what is there leaves less than there was: also where the disk has no room left. */
  #urgencyOf(at: RecordKey, { change }: Intent): Urgency {
    if (change.state !== 'tombstone') return 'ordinary';
    const holdsValue = this.read(at)?.siblings.versions.some(({ state }) => state === 'value');
    return holdsValue === true ? 'shrinking' : 'ordinary';
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
}
