/** What is put aside for each key, the latest of it, for a while: bounded in number, bytes, age. */
import type { Observer } from '../environment/observer.js';
import type { StorageEntry } from '../environment/storage.js';
import { hasKeyEntry, namespaceOfPlace } from './key-index.js';
import { isUnknownFormat, OperatingError } from '../errors.js';
import { encodeStored, readStored } from './checksummed.js';
import { type ExpiryClock, isOlderThan } from './expiry-clock.js';
import { keptItemKey, keptListKey, placeOfItem, placeOfList } from './kept-keys.js';
import { placeOf, type RecordKey, recordKeyOfPlace } from './keyspace.js';
import { Rounds } from './rounds.js';
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

/** Lists looked through in one turn of `sweep`, and items: those are read whole. */
const LISTS_A_TURN = 64;
const ITEMS_A_TURN = 16;
/** Bytes of items that are looked through in a turn, on average. */
const BYTES_A_TURN = 1024 * 1024;
/** What is younger may wait for its record: that comes after its audit, or out of a rebuild. */
const WITHOUT_RECORD_MILLISECONDS = 3_600_000;

/**
 * A list a key, so that a transaction finds without a range what it has to trim; the items lie by
 * themselves. Invariant: both are written in the transaction that changes the key. Where damage has
 * taken a list, or the record, the sweep finds what is left, and gives it up.
 */
export class RetainedItems {
  readonly #options: RetainedItemsOptions;
  readonly #unknownFormats: UnknownFormats;
  readonly #lists: Rounds;
  readonly #items: Rounds;
  /** So many turns look at no items: the last page was large. */
  #restTurns = 0;

  constructor(options: RetainedItemsOptions) {
    this.#options = options;
    this.#unknownFormats = new UnknownFormats(options.observer);
    this.#lists = new Rounds(options.store, options.lists, LISTS_A_TURN);
    this.#items = new Rounds(options.store, options.items, ITEMS_A_TURN);
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
    this.#trim(transaction, place, rows, this.#kept(place, rows));
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

  /** One turn of the background: what is too old, too much, or of nothing any more goes. */
  async sweep(): Promise<void> {
    await this.#sweepLists();
    await this.#sweepItems();
  }

  async #sweepLists(): Promise<void> {
    const page = await this.#lists.next();
    const full = page.filter(([key, stored]) => this.#exceeds(key, this.#knownList(key, stored)));
    await this.#shrink(full, (transaction, [key]) => {
      const rows = this.#listIn(transaction, key);
      if (rows === undefined || !this.#exceeds(key, rows)) return;
      const place = placeOfList(this.#options.lists, key);
      this.#trim(transaction, place, rows, this.#remaining(place, rows));
    });
  }

  /** What no list names is found by nobody, and no list can end it. */
  async #sweepItems(): Promise<void> {
    if (this.#restTurns > 0) {
      this.#restTurns -= 1;
      return;
    }
    const { store, observer, name } = this.#options;
    const page = await this.#items.next();
    const bytes = page.reduce((sum, [, stored]) => sum + stored.length, 0);
    this.#restTurns = Math.floor(bytes / BYTES_A_TURN);
    const stray = page.filter(([key]) => this.#isStray(store, key));
    await this.#shrink(stray, (transaction, [key]) => {
      if (!this.#isStray(transaction, key)) return;
      transaction.delete(key);
      observer.count('quorate_kept_items_total', { kind: name, change: 'given up' });
    });
  }

  async #shrink(
    entries: readonly StorageEntry[],
    shrink: (transaction: Transaction, entry: StorageEntry) => void,
  ): Promise<void> {
    if (entries.length === 0) return;
    const shrinkAll = (transaction: Transaction): void => {
      for (const entry of entries) shrink(transaction, entry);
    };
    await this.#options.store.transact(shrinkAll, 'os', 'shrinking').committed;
  }

  #isStray(transaction: Pick<Transaction, 'get'>, itemKey: string): boolean {
    const place = placeOfItem(this.#options.items, itemKey);
    const rows = this.#listIn(transaction, this.#listKey(place));
    return rows !== undefined && !rows.some((row) => this.#itemKey(place, row) === itemKey);
  }

  /** Undefined: it cannot be read now, and is left alone. */
  #listIn(
    transaction: Pick<Transaction, 'get'>,
    listKey: string,
  ): readonly RetainedRow[] | undefined {
    try {
      return this.#knownList(listKey, transaction.get(listKey));
    } catch (error) {
      if (error instanceof OperatingError) return undefined;
      throw error;
    }
  }

  #exceeds(listKey: string, rows: readonly RetainedRow[] | undefined): boolean {
    if (rows === undefined) return false;
    const place = placeOfList(this.#options.lists, listKey);
    return this.#remaining(place, rows).length < rows.length || rows.length === 0;
  }

  /** What a sweep leaves there. */
  #remaining(place: string, rows: readonly RetainedRow[]): RetainedRow[] {
    return this.#isWithoutRecord(place, rows) ? [] : this.#kept(place, rows);
  }

  /** Damage took the record, and the other owners have collected it: no transaction removes it. */
  #isWithoutRecord(place: string, rows: readonly RetainedRow[]): boolean {
    const { store, expiryClock } = this.#options;
    const age = WITHOUT_RECORD_MILLISECONDS;
    if (!rows.every((row) => isOlderThan(row.at, age, expiryClock))) return false;
    try {
      // The entry of the key is small, and may be lost by itself.
      return !hasKeyEntry(store, place) && store.get(recordKeyOfPlace(place)) === undefined;
    } catch (error) {
      if (error instanceof OperatingError) return false;
      throw error;
    }
  }

  /** The latest that fit: one that does not takes no room from those before it. */
  #kept(place: string, rows: readonly RetainedRow[]): RetainedRow[] {
    const { expiryClock, limits } = this.#options;
    const { itemsMax, bytesMax, ageMillisecondsMax } = limits(namespaceOfPlace(place));
    const now = expiryClock.now();
    let bytes = 0;
    let count = 0;
    return rows
      .toReversed()
      .filter((row) => {
        if (isOlderThan(row.at, ageMillisecondsMax, expiryClock, now)) return false;
        if (count === itemsMax || bytes + row.bytes > bytesMax) return false;
        bytes += row.bytes;
        count += 1;
        return true;
      })
      .reverse();
  }

  #trim(
    transaction: Transaction,
    place: string,
    rows: readonly RetainedRow[],
    kept: readonly RetainedRow[],
  ): void {
    const { observer, name } = this.#options;
    const gone = rows.filter((row) => !kept.includes(row));
    for (const row of gone) transaction.delete(this.#itemKey(place, row));
    const listKey = this.#listKey(place);
    if (kept.length === 0) transaction.delete(listKey);
    else {
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
