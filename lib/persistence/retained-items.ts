/** What is put aside for each key, the latest of it, for a while: bounded in number, bytes, age. */
import type { Observer } from '../environment/observer.js';
import { namespaceOfPlace } from './key-index.js';
import { isUnknownFormat, OperatingError } from '../errors.js';
import { encodeStored, readStored } from './checksummed.js';
import { type ExpiryClock, isOlderThan } from './expiry-clock.js';
import {
  keptItemKey,
  keptListKey,
  keyAfter,
  placeOf,
  placeOfList,
  type RecordKey,
  rangeOf,
} from './keyspace.js';
import type { Store } from './store.js';
import type { Transaction } from './transaction.js';
import { UnknownFormats } from './unknown-formats.js';

export interface RetainedLimits {
  /** Of each key. */
  readonly itemsMax: number;
  readonly bytesMax: number;
  readonly ageMillisecondsMax: number;
}

export interface RetainedItemsOptions {
  readonly store: Store;
  /** Dates what is put aside, and judges its age. */
  readonly expiryClock: ExpiryClock;
  readonly observer: Observer;
  /** The label of metrics. */
  readonly name: string;
  /** Prefixes: of the lists of what there is, and of the items. */
  readonly lists: string;
  readonly items: string;
  /** As they are now: some are settings of the cluster. */
  readonly limits: (namespace: string) => RetainedLimits;
}

/** What is known of an item without reading it. */
export interface RetainedRow {
  /** Wall milliseconds at which it was put aside here. */
  readonly at: number;
  readonly id: string;
  readonly bytes: number;
  /** What lists show of it: plain, and small. */
  readonly about: unknown;
}

type PlainRow = [at: number, id: string, bytes: number, about: unknown];

/** Lists looked through in one turn of `sweep`. */
const SWEEP_PAGE = 64;

/**
 * A list a key, so that a transaction finds without a range what it has to trim; the items lie by
 * themselves. Invariant: both are written in the transaction that changes the key.
 */
export class RetainedItems {
  readonly #options: RetainedItemsOptions;
  readonly #unknownFormats: UnknownFormats;
  /** Where the next turn of `sweep` begins. */
  #cursor: string;

  constructor(options: RetainedItemsOptions) {
    this.#options = options;
    this.#unknownFormats = new UnknownFormats(options.observer);
    this.#cursor = rangeOf(options.lists).from;
  }

  /** Is anything kept now? What was kept before goes with the next sweep. */
  isOpen({ namespace }: RecordKey): boolean {
    return this.#options.limits(namespace).itemsMax > 0;
  }

  /** Puts an item aside, and gives up what exceeds the limits. Throws nothing. */
  add(transaction: Transaction, at: RecordKey, id: string, item: unknown, about: unknown): void {
    if (!this.isOpen(at)) return;
    const { expiryClock, observer, name } = this.#options;
    const place = placeOf(at);
    const now = Math.floor(expiryClock.stamp());
    const listKey = this.#listKey(place);
    const before = this.#listIn(transaction, listKey);
    if (before === undefined) return;
    const same = before.find((row) => row.id === id);
    if (same !== undefined) return;
    const itemKey = this.#itemKey(place, { at: now, id });
    const bytes = encodeStored(itemKey, item);
    transaction.put(itemKey, bytes);
    observer.count('quorate_kept_items_total', { kind: name, change: 'added' });
    const rows = [...before, { at: now, id, bytes: bytes.length, about }];
    this.#trim(transaction, place, rows, true);
  }

  /** The key is gone, and all that was put aside for it. Throws nothing. */
  forget(transaction: Transaction, at: RecordKey): void {
    const place = placeOf(at);
    const listKey = this.#listKey(place);
    const { observer, name } = this.#options;
    const rows = this.#listIn(transaction, listKey);
    if (rows === undefined || rows.length === 0) return;
    for (const row of rows) transaction.delete(this.#itemKey(place, row));
    transaction.delete(listKey);
    observer.count('quorate_kept_items_total', { kind: name, change: 'given up' }, rows.length);
  }

  /** What is there and not too old, the earliest first. Damage counts as nothing. */
  rows(at: RecordKey): RetainedRow[] {
    const listKey = this.#listKey(placeOf(at));
    const { expiryClock, limits } = this.#options;
    const { ageMillisecondsMax } = limits(at.namespace);
    const now = expiryClock.now();
    const rows = this.#list(listKey, this.#options.store.get(listKey));
    return rows.filter(({ at: since }) => {
      return !isOlderThan(since, ageMillisecondsMax, expiryClock, now);
    });
  }

  /** Undefined where it is not there any more, or is damaged. */
  item(at: RecordKey, row: RetainedRow): unknown {
    const key = this.#itemKey(placeOf(at), row);
    const stored = this.#options.store.get(key);
    return stored === undefined ? undefined : readStored(key, stored, this.#options.observer);
  }

  /** One turn of the background: a page of lists, and what is too old or too much goes. */
  async sweep(): Promise<void> {
    const { store, lists } = this.#options;
    const all = rangeOf(lists);
    const page = await store.range({ ...all, from: this.#cursor, limit: SWEEP_PAGE });
    const last = page.at(-1)?.[0];
    this.#cursor = page.length < SWEEP_PAGE || last === undefined ? all.from : keyAfter(last);
    const full = page.filter(([key, stored]) => {
      const rows = this.#knownList(key, stored);
      return rows !== undefined && this.#exceeds(placeOfList(lists, key), rows);
    });
    if (full.length === 0) return;
    const { committed } = store.transact(
      (transaction) => {
        for (const [key] of full) {
          const place = placeOfList(lists, key);
          const rows = this.#knownList(key, transaction.get(key));
          if (rows !== undefined) this.#trim(transaction, place, rows, false);
        }
      },
      'os',
      'shrinking',
    );
    await committed;
  }

  /** Undefined: it cannot be read now, and is left alone. */
  #listIn(transaction: Transaction, listKey: string): readonly RetainedRow[] | undefined {
    try {
      return this.#knownList(listKey, transaction.get(listKey));
    } catch (error) {
      if (error instanceof OperatingError) return undefined;
      throw error;
    }
  }

  #exceeds(place: string, rows: readonly RetainedRow[]): boolean {
    return this.#kept(place, rows).length < rows.length || rows.length === 0;
  }

  /** The latest that are within the limits. */
  #kept(place: string, rows: readonly RetainedRow[]): RetainedRow[] {
    const { expiryClock, limits } = this.#options;
    const { itemsMax, bytesMax, ageMillisecondsMax } = limits(namespaceOfPlace(place));
    const now = expiryClock.now();
    let bytes = 0;
    let count = 0;
    return rows
      .toReversed()
      .filter((row) => {
        bytes += row.bytes;
        count += 1;
        const isOld = isOlderThan(row.at, ageMillisecondsMax, expiryClock, now);
        return count <= itemsMax && bytes <= bytesMax && !isOld;
      })
      .reverse();
  }

  #trim(
    transaction: Transaction,
    place: string,
    rows: readonly RetainedRow[],
    grown: boolean,
  ): void {
    const { observer, name } = this.#options;
    const kept = this.#kept(place, rows);
    const gone = rows.filter((row) => !kept.includes(row));
    for (const row of gone) transaction.delete(this.#itemKey(place, row));
    const listKey = this.#listKey(place);
    if (kept.length === 0) transaction.delete(listKey);
    else if (grown || gone.length > 0) {
      const plain = kept.map(({ at, id, bytes, about }): PlainRow => [at, id, bytes, about]);
      transaction.put(listKey, encodeStored(listKey, plain));
    }
    if (gone.length === 0) return;
    observer.count('quorate_kept_items_total', { kind: name, change: 'given up' }, gone.length);
  }

  /** Undefined where another build wrote it: it stays as it is, whatever becomes of its key. */
  #knownList(key: string, stored: Uint8Array | undefined): RetainedRow[] | undefined {
    try {
      return this.#list(key, stored);
    } catch (error) {
      if (!isUnknownFormat(error)) throw error;
      this.#unknownFormats.note(error);
      return undefined;
    }
  }

  #list(key: string, stored: Uint8Array | undefined): RetainedRow[] {
    const plain =
      stored === undefined ? undefined : readStored(key, stored, this.#options.observer);
    return ((plain ?? []) as PlainRow[]).map(([at, id, bytes, about]) => ({
      at,
      id,
      bytes,
      about,
    }));
  }

  #listKey(place: string): string {
    return keptListKey(this.#options.lists, place);
  }

  #itemKey(place: string, { at, id }: Pick<RetainedRow, 'at' | 'id'>): string {
    return keptItemKey(this.#options.items, place, at, id);
  }
}
