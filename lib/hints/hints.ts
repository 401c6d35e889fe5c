/** Hints: whole states held for absent primaries, durable before they count (Dynamo 4.6). */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { mergeAll } from '../versioning/siblings.js';
import { eachEntry } from '../persistence/each-entry.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import { type HintUsage, type HintLimits, HintQuota } from './hint-quota.js';
import type { Hint } from './hint-records.js';
import { HintStore } from './hint-store.js';
import type { Intent } from '../replica/intent.js';
import type { Minter } from '../replica/minter.js';
import type { RecordLimits } from '../persistence/record-limits.js';
import {
  hintAgesOf,
  hintsAfter,
  hintsOf,
  keyAfter,
  parseHintAgeKey,
  parseHintKey,
  PREFIX,
  type RecordKey,
  rangeOf,
  targetOfHint,
} from '../persistence/keyspace.js';
import { decodeRecord, encodeRecord } from '../persistence/records.js';
import { type Minted, mintOn, momentOf } from '../replica/mint-on.js';
import type { Durability, Store, Transacted } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';

export interface HintsOptions extends RecordLimits, HintLimits {
  readonly store: Store;
  readonly clock: Clock;
  readonly expiryClock: ExpiryClock;
  readonly hybridClock: HybridClock;
  readonly minter: Minter;
  readonly observer: Observer;
  /** Q of the ring. */
  readonly partitionCount: () => number;
}

export interface HintPage {
  readonly hints: Hint[];
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined;
}

/** Why hints leave. Early (`expired`) where enough primaries hold what they say. */
const LEAVING = {
  delivered: 'quorate_hints_delivered_total',
  expired: 'quorate_hints_expired_total',
} as const;

export class Hints {
  readonly #options: HintsOptions;
  readonly #quota: HintQuota;
  readonly #hints: HintStore;
  #onDropped: (target: NodeId) => void = () => undefined;

  private constructor(options: HintsOptions) {
    this.#options = options;
    this.#quota = new HintQuota(options, options.observer);
    this.#hints = new HintStore({
      ...{ ...options, quota: this.#quota },
      // Whoever hears of it may use the store, which is in the middle of a transaction.
      onReplaced: (target) => queueMicrotask(() => this.#onDropped(target)),
    });
  }

  /** Counts what is held. */
  static async open(options: HintsOptions): Promise<Hints> {
    const hints = new Hints(options);
    await eachEntry(options.store, rangeOf(PREFIX.hint), (key, bytes) => {
      hints.#quota.account(targetOfHint(key), 1, bytes.length);
    });
    return hints;
  }

  /** How many hints and bytes wait here for each target. */
  get held(): ReadonlyMap<NodeId, HintUsage> {
    return this.#quota.held;
  }

  /**
   * Called with a target for which a hint was dropped undelivered: it lacks what only others hold.
   */
  onDropped(listener: (target: NodeId) => void): void {
    this.#onDropped = listener;
  }

  hasRoom(target: NodeId): boolean {
    return this.#quota.hasRoom(target);
  }

  /** The same for a hint that is about to be held; a refusal is counted. */
  admit(target: NodeId): boolean {
    return this.#quota.admit(target);
  }

  /**
   * Holds a state for an absent primary, merged with what is held already.
   * @throws OperatingError `overloaded` where a quota is full, `corrupt_bytes`, `unknown_format`
   */
  hold(target: NodeId, at: RecordKey, bytes: Uint8Array, durability: Durability): Transacted<void> {
    if (!this.admit(target)) throw full();
    // What does not decode is refused now: nothing could be merged with it later.
    decodeRecord(at, bytes);
    return this.#options.store.transact((transaction) => {
      const now = this.#options.expiryClock.stamp();
      this.#hints.putIn(transaction, target, at, { bytes, minted: false }, now);
    }, durability);
  }

  /**
   * The same within another transaction; checks no quota and throws nothing. False: it is not held,
   * as it cannot be merged with what is held already (another build wrote that).
   */
  holdIn(transaction: Transaction, target: NodeId, at: RecordKey, bytes: Uint8Array): boolean {
    const now = this.#options.expiryClock.stamp();
    return this.#hints.tryPutIn(transaction, target, at, { bytes, minted: false }, now);
  }

  /**
   * Mints as a stand-in, on the merge of all hints held here for the key: one hint a primary for
   * which there is room, durable together. Only where no primary can be reached and the level
   * allows it.
   * @throws OperatingError `overloaded` where there is room for none; `unknown_format`
   */
  mint(
    at: RecordKey,
    primaries: readonly NodeId[],
    intent: Intent,
    durability: Durability,
  ): Transacted<Minted> {
    const targets = primaries.filter((target) => this.admit(target));
    if (targets.length === 0) throw full();
    const moment = momentOf(this.#options);
    return this.#options.store.transact((transaction) => {
      const base = this.heldFor(at, primaries);
      const before = base && { siblings: base, bytes: encodeRecord(at, base) };
      const minted = mintOn(this.#options, at, before, intent, moment);
      const state = { bytes: minted.bytes, minted: true };
      const now = this.#options.expiryClock.stamp();
      for (const target of targets) this.#hints.putIn(transaction, target, at, state, now);
      this.#options.minter.consume(at, minted.dot, base?.context);
      return minted;
    }, durability);
  }

  /** The merge of all that is held here for a key. */
  heldFor(at: RecordKey, primaries: readonly NodeId[]): Siblings | undefined {
    const states = primaries.map((target) => {
      const held = this.#hints.read(target, at);
      return held === undefined ? undefined : decodeRecord(at, held.bytes);
    });
    return mergeAll(states);
  }

  /**
   * Hints for a target, in order of their partitions: up to `limit`, and up to `bytesMax` unless
   * the first alone is larger. `from`: where the page before ended, or nothing.
   */
  async page(
    target: NodeId,
    from: string,
    limit: number,
    bytesMax = Number.MAX_SAFE_INTEGER,
  ): Promise<HintPage> {
    const { count, bytes: all } = this.#quota.of(target);
    const fitting = Math.max(1, Math.ceil((bytesMax * count) / Math.max(1, all)));
    const place = hintsOf(target);
    const atOnce = Math.min(limit, fitting);
    const start = from === '' ? place.from : from;
    const page = await this.#options.store.range({ ...place, from: start, limit: atOnce });
    const hints: Hint[] = [];
    let bytes = 0;
    let last: string | undefined;
    for (const [key, stored] of page) {
      bytes += key.length + stored.length;
      if (last !== undefined && bytes > bytesMax) return { hints, next: keyAfter(last) };
      last = key;
      const at = parseHintKey(key, this.#options.partitionCount());
      const held = this.#hints.openKnown(key, stored, at.partition);
      // Those behind it do not wait for the build that can read it.
      if (held === 'unknown') continue;
      if (held !== undefined) hints.push({ target, at, ...held });
      else if (await this.#hints.discard(target, at)) this.#onDropped(target);
    }
    return { hints, next: nextOf(last, page.length === atOnce) };
  }

  /** Where `page` goes on behind the hints of a partition. */
  behind(target: NodeId, partition: number): string {
    return hintsAfter(target, partition, this.#options.partitionCount());
  }

  /** Hints for a target that are held since before a moment, the oldest first. */
  async aged(target: NodeId, from: string, before: number, limit: number): Promise<HintPage> {
    const place = hintAgesOf(target, before);
    const start = from === '' ? place.from : from;
    const page = await this.#options.store.range({ ...place, from: start, limit });
    const hints: Hint[] = [];
    const stale: string[] = [];
    for (const [key] of page) {
      const { at, heldSince } = parseHintAgeKey(key, this.#options.partitionCount());
      const held = this.#hints.readKnown(target, at);
      if (held === 'unknown') continue;
      if (held?.heldSince === heldSince) hints.push({ target, at, ...held });
      else stale.push(key);
    }
    if (stale.length > 0) await this.#hints.forget(target, stale);
    return { hints, next: nextOf(page.at(-1)?.[0], page.length === limit) };
  }

  /** Since when the oldest hint for a target is held, in wall milliseconds. */
  async oldest(target: NodeId): Promise<number | undefined> {
    const place = hintAgesOf(target);
    const [first] = await this.#options.store.range({ ...place, limit: 1 });
    return first === undefined
      ? undefined
      : parseHintAgeKey(first[0], this.#options.partitionCount()).heldSince;
  }

  /**
   * Removes hints of one target that have not grown since they were read; returns how many. What
   * was minted here is forgotten with its hint, for whatever reason that is removed; so is its
   * writer (V1).
   */
  async remove(hints: readonly Hint[], leaving: keyof typeof LEAVING): Promise<number> {
    const { store, observer } = this.#options;
    const { value: left, committed } = store.transact(
      (transaction) => hints.filter((hint) => this.#hints.removeIn(transaction, hint)),
      'os',
      'vital',
    );
    observer.count(LEAVING[leaving], {}, left.length);
    await committed;
    const [first] = left;
    if (leaving === 'expired' && first !== undefined) this.#onDropped(first.target);
    return left.length;
  }
}

function nextOf(last: string | undefined, isFull: boolean): string | undefined {
  return last === undefined || !isFull ? undefined : keyAfter(last);
}

function full(): OperatingError {
  return new OperatingError('overloaded', 'this node holds as many hints as it may');
}
