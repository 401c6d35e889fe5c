/** Kept versions: values that others superseded, readable for a while (docs/consistency.md). */
import { dotText } from '../versioning/dot.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import { find, liveVersions } from '../versioning/siblings.js';
import type { ExpiryClock } from './expiry-clock.js';
import { PREFIX, type RecordKey } from './keyspace.js';
import { RetainedItems, type RetainedLimits, type RetainedItemsOptions } from './retained-items.js';
import type { Transaction } from './transaction.js';

/** What a list shows of a kept version. */
export interface KeptVersion {
  readonly version: string;
  readonly contentType: string;
  readonly bytes: number;
  /** Hybrid time. */
  readonly writtenAt: number;
}

/** A kept version, whole. What it expires at is not: it has no life any more that could end. */
export interface WholeVersion extends KeptVersion {
  readonly value: Uint8Array;
}

type About = [contentType: string, bytes: number, writtenAt: number];

/** What the settings of the cluster ask for: of each key. */
export interface VersionsWanted {
  readonly count: number;
  /** 0: whatever their age. */
  readonly seconds: number;
}

export interface VersionsOptions
  extends Omit<RetainedItemsOptions, 'name' | 'lists' | 'items' | 'limits'> {
  readonly versionsBytesMax: number;
}

const NONE: VersionsWanted = { count: 0, seconds: 0 };

export class KeptVersions {
  readonly #retained: RetainedItems;
  readonly #expiryClock: ExpiryClock;
  #wanted: (namespace: string) => VersionsWanted = () => NONE;

  constructor({ versionsBytesMax: bytesMax, ...options }: VersionsOptions) {
    const limits = (namespace: string): RetainedLimits => {
      const { count, seconds } = this.#wanted(namespace);
      const ageMillisecondsMax = seconds === 0 ? Number.POSITIVE_INFINITY : 1000 * seconds;
      return { itemsMax: count, bytesMax, ageMillisecondsMax };
    };
    this.#retained = new RetainedItems({
      ...{ ...options, name: 'versions', lists: PREFIX.versionList, items: PREFIX.version },
      limits,
    });
    this.#expiryClock = options.expiryClock;
  }

  /** Set at the start: what the settings say, which may change at any time. */
  follow(wanted: (namespace: string) => VersionsWanted): void {
    this.#wanted = wanted;
  }

  /** Called in every transaction that changes a record. Throws nothing. */
  keep(transaction: Transaction, at: RecordKey, before: Siblings | undefined, after: Siblings) {
    if (!this.#retained.isOpen(at)) return;
    // A stub is no successor: what ended by its time to live is gone for good.
    for (const version of liveVersions(before, this.#expiryClock.now())) {
      if (find(after, version.dot) === undefined) this.#add(transaction, at, version);
    }
  }

  /** The earliest superseded first. */
  list(at: RecordKey): KeptVersion[] {
    return this.#retained.rows(at).map(({ id, about }) => {
      const [contentType, bytes, writtenAt] = about as About;
      return { version: id, contentType, bytes, writtenAt };
    });
  }

  read(at: RecordKey, version: string): WholeVersion | undefined {
    const row = this.#retained.rows(at).find(({ id }) => id === version);
    const value = row === undefined ? undefined : this.#retained.item(at, row);
    if (row === undefined || value === undefined) return undefined;
    const [contentType, bytes, writtenAt] = row.about as About;
    return { version, contentType, bytes, writtenAt, value: value as Uint8Array };
  }

  /** In the transaction that removes the record. Throws nothing. */
  forget(transaction: Transaction, at: RecordKey): void {
    this.#retained.forget(transaction, at);
  }

  sweep(): Promise<void> {
    return this.#retained.sweep();
  }

  #add(transaction: Transaction, at: RecordKey, version: Version): void {
    const { contentType, value, writtenAt } = version;
    const about: About = [contentType, value.length, writtenAt];
    this.#retained.add(transaction, at, dotText(version.dot), value, about);
  }
}
