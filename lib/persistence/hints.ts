/** Hints: whole states held for absent primaries, durable before they count (Dynamo 4.6). */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { merge, mergeAll } from '../versioning/siblings.js';
import type { ExpiryClock } from './expiry-clock.js';
import type { Intent } from './intent.js';
import { realise } from './intent.js';
import { decodeStored, encodeStored } from './checksummed.js';
import type { Minter } from './minter.js';
import { assertRecordFits, type RecordLimits } from './record-limits.js';
import type { RecordKey } from './records.js';
import { decodeRecord, encodeRecord, hexadecimal, recordKeyIn } from './records.js';
import type { Minted } from './replica.js';
import type { Durability, Store, Transacted, Transaction } from './store.js';

export interface Hint {
  readonly target: NodeId;
  readonly at: RecordKey;
  /** The record as it was stored or minted. */
  readonly bytes: Uint8Array;
  /** Minted here, as a stand-in: removing it takes a fresh writer. */
  readonly minted: boolean;
}

export interface HintsOptions extends RecordLimits {
  readonly store: Store;
  readonly clock: Clock;
  readonly expiryClock: ExpiryClock;
  readonly hybridClock: HybridClock;
  readonly minter: Minter;
  readonly observer: Observer;
  /** Bytes of hints that this node holds for others. */
  readonly bytesMax: number;
}

type PlainHint = [minted: boolean, bytes: Uint8Array];

interface Held {
  count: number;
  bytes: number;
}

const LOAD_PAGE = 1000;
const PARTITION_DIGITS = 4;
const EMPTY = new Uint8Array(0);

export class Hints {
  readonly #options: HintsOptions;
  readonly #held = new Map<NodeId, Held>();
  /** Keys of damaged hints, each told and answered with a fresh writer once. */
  readonly #damaged = new Set<string>();
  #bytes = 0;

  private constructor(options: HintsOptions) {
    this.#options = options;
  }

  /** Counts what is held. */
  static async open(options: HintsOptions): Promise<Hints> {
    const hints = new Hints(options);
    let from = 'h';
    for (;;) {
      const page = await options.store.range({ from, before: 'i', limit: LOAD_PAGE });
      for (const [key, bytes] of page) {
        hints.#account(key.slice(1, key.indexOf('\u0000')), 1, bytes.length);
        from = `${key}\u0000`;
      }
      if (page.length < LOAD_PAGE) return hints;
    }
  }

  /** How many hints and bytes wait here for each target. */
  get held(): ReadonlyMap<NodeId, Readonly<Held>> {
    return this.#held;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#options.bytesMax;
  }

  /**
   * Holds a state for an absent primary, merged with what is held already.
   * @throws OperatingError `overloaded` where the quota is full, `corrupt_bytes`
   */
  hold(target: NodeId, at: RecordKey, bytes: Uint8Array, durability: Durability): Transacted<void> {
    this.#assertRoom();
    // What does not decode is refused now: nothing could be merged with it later.
    decodeRecord(at, bytes);
    return this.#options.store.transact((transaction) => {
      this.holdIn(transaction, target, at, bytes, false);
    }, durability);
  }

  /** The same within another transaction; checks no quota and throws nothing. */
  holdIn(
    transaction: Transaction,
    target: NodeId,
    at: RecordKey,
    bytes: Uint8Array,
    minted: boolean,
  ): void {
    const key = hintKey(target, at);
    const before = transaction.get(key);
    const held = before === undefined ? undefined : this.#open(key, before, at.partition);
    const merged = held === undefined ? bytes : mergeBytes(at, held[1], bytes);
    const after = encodeStored(key, [minted || held?.[0] === true, merged] satisfies PlainHint);
    transaction.put(key, after);
    this.#damaged.delete(key);
    this.#account(target, before === undefined ? 1 : 0, after.length - (before?.length ?? 0));
    this.#options.observer.count('quorate_hints_stored_total');
  }

  /**
   * Mints as a stand-in, on the merge of all hints held here for the key: one hint a primary,
   * durable together. Only where no primary can be reached and the level allows it.
   */
  mint(
    at: RecordKey,
    primaries: readonly NodeId[],
    intent: Intent,
    durability: Durability,
  ): Transacted<Minted> {
    this.#assertRoom();
    const moment = {
      wallMilliseconds: this.#options.expiryClock.now(),
      hybrid: this.#options.hybridClock.now(),
    };
    return this.#options.store.transact((transaction) => {
      const { minter } = this.#options;
      const base = this.heldFor(at, primaries);
      const realised = realise(base, intent, moment, minter.next(at.partition));
      const bytes = encodeRecord(at, realised.siblings);
      assertRecordFits(this.#options, realised.siblings, bytes);
      for (const target of primaries) this.holdIn(transaction, target, at, bytes, true);
      minter.consume(at, realised.dot);
      return { ...realised, bytes };
    }, durability);
  }

  /** The merge of all that is held here for a key. */
  heldFor(at: RecordKey, primaries: readonly NodeId[]): Siblings | undefined {
    const states = primaries.map((target) => {
      const key = hintKey(target, at);
      const stored = this.#options.store.get(key);
      const held = stored === undefined ? undefined : this.#open(key, stored, at.partition);
      return held === undefined ? undefined : decodeRecord(at, held[1]);
    });
    return mergeAll(states);
  }

  /** Up to `limit` hints for a target, and where to go on. */
  async page(
    target: NodeId,
    from: string,
    limit: number,
  ): Promise<{ readonly hints: Hint[]; readonly next: string | undefined }> {
    const prefix = `h${target}\u0000`;
    const start = from === '' ? prefix : from;
    const page = await this.#options.store.range({
      from: start,
      before: `h${target}\u0001`,
      limit,
    });
    const hints = page.flatMap(([key, bytes]) => {
      const at = keyOfHint(key, prefix.length);
      const held = this.#open(key, bytes, at.partition);
      return held === undefined ? [] : [{ target, at, bytes: held[1], minted: held[0] }];
    });
    const last = page.at(-1)?.[0];
    return { hints, next: page.length < limit || last === undefined ? undefined : `${last}\u0000` };
  }

  /** Removes a delivered hint, unless it has grown. What was minted is forgotten with it (V1). */
  async remove(hint: Hint): Promise<void> {
    const key = hintKey(hint.target, hint.at);
    const { committed } = this.#options.store.transact((transaction) => {
      const stored = transaction.get(key);
      if (stored === undefined) return;
      const [minted, bytes] = this.#open(key, stored, hint.at.partition) ?? [false, EMPTY];
      if (Buffer.compare(bytes, hint.bytes) !== 0) return;
      if (minted) this.#options.minter.takeFreshWriter(hint.at.partition);
      transaction.delete(key);
      this.#account(hint.target, -1, -stored.length);
      this.#options.observer.count('quorate_hints_delivered_total');
    }, 'os');
    await committed;
  }

  /** Undefined where the hint is damaged. What it had minted is forgotten, and so is its writer. */
  #open(key: string, stored: Uint8Array, partition: number): PlainHint | undefined {
    try {
      return decodeStored(key, stored) as PlainHint;
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      if (this.#damaged.has(key)) return undefined;
      this.#damaged.add(key);
      this.#options.observer.count('quorate_corrupt_records_total');
      this.#options.observer.log('error', 'a hint is damaged and cannot be delivered', {
        partition,
      });
      this.#options.minter.takeFreshWriter(partition);
      return undefined;
    }
  }

  #account(target: NodeId, count: number, bytes: number): void {
    const held = this.#held.get(target) ?? { count: 0, bytes: 0 };
    this.#held.set(target, { count: held.count + count, bytes: held.bytes + bytes });
    this.#bytes += bytes;
    this.#options.observer.measure('quorate_hints_held', held.count + count, { target });
  }

  #assertRoom(): void {
    if (!this.isFull) return;
    throw new OperatingError('overloaded', 'this node holds as many hints as it may', {
      details: { limit: this.#options.bytesMax },
    });
  }
}

/** `h`, the target, U+0000, then as the storage key of the record. */
function hintKey(target: NodeId, at: RecordKey): string {
  return `h${target}\u0000${hexadecimal(at.partition)}${at.namespace}\u0000${at.key}`;
}

/** @param start where the partition begins, behind the target */
function keyOfHint(key: string, start: number): RecordKey {
  const rest = key.slice(start + PARTITION_DIGITS);
  const split = rest.indexOf('\u0000');
  const partition = Number.parseInt(key.slice(start, start + PARTITION_DIGITS), 16);
  return recordKeyIn(partition, rest.slice(0, split), rest.slice(split + 1));
}

function mergeBytes(at: RecordKey, held: Uint8Array, incoming: Uint8Array): Uint8Array {
  const a = decodeRecord(at, held);
  const b = decodeRecord(at, incoming);
  const merged = merge(a, b);
  if (merged === a) return held;
  return merged === b ? incoming : encodeRecord(at, merged);
}
