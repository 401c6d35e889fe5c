/** One hint at a time: opened, put, taken away, with its entry by age and what the quota counts. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { isCorrupt, isUnknownFormat, OperatingError } from '../errors.js';
import type { Hint, HintState } from './hint-records.js';
import { decodeHint, encodeHint, mergeBytes } from './hint-records.js';
import { hintAgeKey, hintKey, parseHintAgeKey } from '../persistence/keyspace.js';
import type { HintQuota } from './hint-quota.js';
import type { Minter } from '../replica/minter.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';
import { UnknownFormats } from '../persistence/unknown-formats.js';

export interface HintStoreOptions {
  readonly store: Store;
  readonly minter: Minter;
  readonly observer: Observer;
  readonly quota: HintQuota;
  /** Q of the ring. */
  readonly partitionCount: () => number;
  /** Called with the target of a damaged hint when another state takes its place. */
  readonly onReplaced: (target: NodeId) => void;
}

const NOTHING = new Uint8Array(0);

export class HintStore {
  readonly #options: HintStoreOptions;
  /** Keys of damaged hints, each reported, and answered with a fresh writer, once. */
  readonly #damaged = new Set<string>();
  readonly #unknownFormats: UnknownFormats;

  constructor(options: HintStoreOptions) {
    this.#options = options;
    this.#unknownFormats = new UnknownFormats(options.observer);
  }

  /** What is held for a target, durable or not. */
  read(target: NodeId, at: RecordKey): HintState | undefined {
    const key = hintKey(target, at);
    const stored = this.#options.store.get(key);
    return stored === undefined ? undefined : this.open(key, stored, at.partition);
  }

  /** Undefined: the hint is damaged. What it held may be lost, so a fresh writer is taken. */
  open(key: string, stored: Uint8Array, partition: number): HintState | undefined {
    try {
      return decodeHint(key, stored);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
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

  /** The same; `unknown`: another build wrote it, which is reported, and it stays as it is. */
  openKnown(key: string, stored: Uint8Array, partition: number): HintState | 'unknown' | undefined {
    try {
      return this.open(key, stored, partition);
    } catch (error) {
      if (!isUnknownFormat(error)) throw error;
      this.#unknownFormats.note(error);
      return 'unknown';
    }
  }

  readKnown(target: NodeId, at: RecordKey): HintState | 'unknown' | undefined {
    const key = hintKey(target, at);
    const stored = this.#options.store.get(key);
    return stored === undefined ? undefined : this.openKnown(key, stored, at.partition);
  }

  /**
   * Merges a state into what is held; a new hint is as old as `now`. Where it throws, it has put
   * nothing.
   * @throws OperatingError `unknown_format`, `corrupt_bytes`: what is held cannot be merged with
   */
  putIn(
    transaction: Transaction,
    target: NodeId,
    at: RecordKey,
    { bytes, minted }: Pick<HintState, 'bytes' | 'minted'>,
    now: number,
  ): void {
    const key = hintKey(target, at);
    const before = transaction.get(key);
    const held = before === undefined ? undefined : this.open(key, before, at.partition);
    const state = {
      minted: minted || held?.minted === true,
      bytes: held === undefined ? bytes : mergeBytes(at, held.bytes, bytes),
      heldSince: held?.heldSince ?? now,
    };
    const after = encodeHint(key, state);
    transaction.put(key, after);
    if (held === undefined) transaction.put(hintAgeKey(target, at, now), NOTHING);
    this.#damaged.delete(key);
    const grown = after.length - (before?.length ?? 0);
    transaction.whenQueued(() => {
      this.#options.quota.account(target, before === undefined ? 1 : 0, grown);
      this.#options.observer.count('quorate_hints_stored_total');
      if (before !== undefined && held === undefined) this.#options.onReplaced(target);
    });
  }

  /** The same, and throws nothing; false: it cannot be merged, and what is held stays as it is. */
  tryPutIn(...put: Parameters<HintStore['putIn']>): boolean {
    try {
      this.putIn(...put);
      return true;
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      this.#unknownFormats.note(error);
      return false;
    }
  }

  /** False where the hint has grown since it was read, or is gone. */
  removeIn(transaction: Transaction, { target, at, bytes }: Hint): boolean {
    const key = hintKey(target, at);
    const stored = transaction.get(key);
    if (stored === undefined) return false;
    const held = this.open(key, stored, at.partition);
    if (held === undefined || Buffer.compare(held.bytes, bytes) !== 0) return false;
    if (held.minted) this.#options.minter.takeFreshWriter(at.partition);
    transaction.delete(key);
    transaction.delete(hintAgeKey(target, at, held.heldSince));
    transaction.whenQueued(() => this.#options.quota.account(target, -1, -stored.length));
    return true;
  }

  /** Takes away a hint that is damaged: nothing can be delivered or merged with it any more. */
  async discard(target: NodeId, at: RecordKey): Promise<boolean> {
    const key = hintKey(target, at);
    const { value, committed } = this.#options.store.transact(
      (transaction) => {
        const stored = transaction.get(key);
        if (stored === undefined || this.open(key, stored, at.partition) !== undefined)
          return false;
        this.#damaged.delete(key);
        transaction.delete(key);
        transaction.whenQueued(() => this.#options.quota.account(target, -1, -stored.length));
        return true;
      },
      'os',
      'vital',
    );
    await committed;
    return value;
  }

  /** Takes away entries by age whose hints are gone or were held anew. */
  async forget(target: NodeId, ageKeys: readonly string[]): Promise<void> {
    const { committed } = this.#options.store.transact(
      (transaction) => {
        for (const key of ageKeys) {
          const { at, heldSince } = parseHintAgeKey(key, this.#options.partitionCount());
          if (this.read(target, at)?.heldSince !== heldSince) transaction.delete(key);
        }
      },
      'os',
      'vital',
    );
    await committed;
  }
}
