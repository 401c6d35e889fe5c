/**
 * How versions end: values whose time is over become stubs, and tombstones and stubs are removed
 * once nobody can bring them back (docs/architecture.md, E1 and E2).
 */
import type { Observer } from '../environment/observer.js';
import { isCorrupt, isUnknownFormat } from '../errors.js';
import type { Dot } from '../versioning/dot.js';
import { sameDot } from '../versioning/dot.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import type { CollectedDots } from './collected-dots.js';
import type { PartitionHealth } from './health.js';
import type { Minter } from './minter.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { encodeRecord } from '../persistence/records.js';
import type { Durability, Store, Transacted } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';
import type { KeptVersions } from '../persistence/versions.js';

export interface EndingsOptions {
  readonly store: Store;
  readonly table: RecordTable;
  readonly versions: KeptVersions;
  readonly health: PartitionHealth;
  readonly collected: CollectedDots;
  readonly minter: Minter;
  readonly observer: Observer;
}

/** Nobody waits for it: what a crash forgets is done again. */
const DURABILITY: Durability = 'os';
const EMPTY = new Uint8Array(0);

/** Each is one transaction; its value says whether anything has changed. */
export class Endings {
  readonly #options: EndingsOptions;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /**
   * Makes stubs of the values that ended at or before `nowMilliseconds`: each keeps its dot, so
   * that all replicas come to the same.
   * @throws OperatingError `corrupt_bytes`, `overloaded`, `storage_failed`
   */
  expire(at: RecordKey, nowMilliseconds: number): Transacted<boolean> {
    return this.#makeStubs(at, (version) => hasEnded(version, nowMilliseconds));
  }

  /** Makes stubs of all values: their namespace was deleted. Throws as `expire` does. */
  end(at: RecordKey): Transacted<boolean> {
    return this.#makeStubs(at, ({ state }) => state === 'value');
  }

  #makeStubs(at: RecordKey, isOver: (version: Version) => boolean): Transacted<boolean> {
    return this.#change(at, (siblings) => {
      const versions = siblings.versions.map((version) => {
        return isOver(version) ? stubOf(version) : version;
      });
      const ended = versions.filter((version, i) => version !== siblings.versions[i]).length;
      if (ended > 0) this.#options.observer.count('quorate_expired_values_total', {}, ended);
      return ended > 0 ? { ...siblings, versions } : siblings;
    });
  }

  /** Drops versions that every other owner has seen end, at the end of a rebuild. */
  drop(at: RecordKey, dots: readonly Dot[]): Transacted<boolean> {
    return this.#change(at, (siblings) => {
      const versions = siblings.versions.filter(
        ({ dot }) => !dots.some((one) => sameDot(one, dot)),
      );
      const count = siblings.versions.length - versions.length;
      this.#options.observer.count('quorate_purged_versions_total', {}, count);
      return versions.length === 0 ? undefined : { ...siblings, versions };
    });
  }

  /** Removes a record of tombstones and stubs, unless it has changed since it was judged. */
  collect(at: RecordKey, fingerprint: string): Transacted<boolean> {
    const { store, table, health, collected, minter, observer } = this.#options;
    const remove = (transaction: Transaction): boolean => {
      const before = table.read(at);
      if (before?.fingerprint !== fingerprint || before.live) return false;
      if (health.isRebuilding(at.partition)) return false;
      table.remove(transaction, at, before);
      collected.note(at, before.siblings.context);
      minter.forget(at);
      observer.count('quorate_collected_records_total');
      return true;
    };
    // It frees room: also where the disk has none left for anything else.
    return store.transact(remove, DURABILITY, 'vital');
  }

  /**
   * The kept versions of a key that was deleted, or has ended, so long ago that its record may go:
   * it may have to stay for months, for an owner that is away, and they do not. Undefined: there
   * are none.
   */
  endKept(at: RecordKey): Promise<void> | undefined {
    const { store, versions } = this.#options;
    if (versions.list(at).length === 0) return undefined;
    return store.transact((transaction) => versions.forget(transaction, at), DURABILITY, 'vital')
      .committed;
  }

  #change(
    at: RecordKey,
    changed: (siblings: Siblings) => Siblings | undefined,
  ): Transacted<boolean> {
    const { store, table, minter } = this.#options;
    const change = (transaction: Transaction): boolean => {
      const before = table.read(at);
      const after = before === undefined ? undefined : changed(before.siblings);
      if (before === undefined || after === before.siblings) return false;
      if (after === undefined) {
        table.remove(transaction, at, before);
        minter.forget(at);
      } else table.put(transaction, at, before, after, encodeRecord(at, after));
      return true;
    };
    return store.transact(change, DURABILITY, 'shrinking');
  }
}

/**
 * Ends values of a record that may be unreadable. Undefined: another build wrote it, and it stays
 * as it is; or it is damaged, and its partition is rebuilt.
 */
export function endReadable(
  health: PartitionHealth,
  { partition }: RecordKey,
  end: () => Transacted<boolean>,
): Transacted<boolean> | undefined {
  try {
    return end();
  } catch (error) {
    if (isUnknownFormat(error)) return undefined;
    if (!isCorrupt(error)) throw error;
    if (!health.isRebuilding(partition)) health.damage(partition, 'checksum');
    return undefined;
  }
}

/** Does it hold a value whose time is over, and that is no stub yet? */
export function isOver({ versions }: Siblings, nowMilliseconds: number): boolean {
  return versions.some((version) => hasEnded(version, nowMilliseconds));
}

function hasEnded({ state, expiresAt }: Version, nowMilliseconds: number): boolean {
  return state === 'value' && expiresAt !== undefined && expiresAt <= nowMilliseconds;
}

function stubOf(version: Version): Version {
  return { ...version, state: 'stub', contentType: '', value: EMPTY };
}
