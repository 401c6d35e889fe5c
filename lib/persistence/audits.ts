/** The audit entries of a node: how conflicts of its keys were resolved (docs/consistency.md). */
import type { AuditEntry } from '../resolution/audit-entry.js';
import { BLIND_WRITE, withinBytes } from '../resolution/audit-entry.js';
import type { ConflictTurns } from './conflict-turns.js';
import { PREFIX, type RecordKey } from './keyspace.js';
import { RetainedItems, type RetainedItemsOptions } from './retained-items.js';
import type { Durability, Store, Transacted } from './store.js';
import type { Transaction } from './transaction.js';

/** Of each key. */
const ENTRIES_MAX = 16;

export interface AuditsOptions
  extends Omit<RetainedItemsOptions, 'name' | 'lists' | 'items' | 'limits'> {
  /** Of the entries of one key, dropped values and all. */
  readonly auditBytesMax: number;
  readonly auditRetentionMilliseconds: number;
  /** Called before the record changes. */
  readonly conflictTurns: Pick<ConflictTurns, 'resolvedBy'>;
}

export class Audits {
  readonly #store: Store;
  readonly #retained: RetainedItems;
  readonly #valueBytesMax: number;
  readonly #turns: Pick<ConflictTurns, 'resolvedBy'>;

  constructor({
    auditBytesMax,
    auditRetentionMilliseconds,
    conflictTurns,
    ...options
  }: AuditsOptions) {
    this.#turns = conflictTurns;
    const limits = {
      itemsMax: ENTRIES_MAX,
      bytesMax: auditBytesMax,
      ageMillisecondsMax: auditRetentionMilliseconds,
    };
    this.#store = options.store;
    this.#valueBytesMax = auditBytesMax / 2;
    this.#retained = new RetainedItems({
      ...options,
      ...{ name: 'audits', lists: PREFIX.auditList, items: PREFIX.audit, limits: () => limits },
    });
  }

  /** In the transaction that writes the result. The entry as it fits. Throws nothing. */
  addIn(transaction: Transaction, at: RecordKey, entry: AuditEntry): AuditEntry {
    const fitting = withinBytes(entry, this.#valueBytesMax);
    this.expect(entry);
    // The claim of a blind write names more than its mint did: both entries stay, read as one.
    const isBlind = entry.strategy === BLIND_WRITE;
    const id = isBlind ? `${entry.kept} ${entry.dropped.length}` : entry.kept;
    this.#retained.add(transaction, at, id, plainOf(fitting), null);
    return fitting;
  }

  /** The copy that it is of is about to be merged. */
  expect({ strategy, kept }: AuditEntry): void {
    this.#turns.resolvedBy(strategy, kept);
  }

  /** Of a copy that came from elsewhere. Twice is once. */
  add(at: RecordKey, entry: AuditEntry, durability: Durability): Transacted<AuditEntry> {
    return this.#store.transact((transaction) => this.addIn(transaction, at, entry), durability);
  }

  /** The earliest first. */
  list(at: RecordKey): AuditEntry[] {
    return this.listWithIds(at).map(([, entry]) => entry);
  }

  /** The same; an id is of one entry of the key. */
  listWithIds(at: RecordKey): [id: string, AuditEntry][] {
    return this.#retained.rows(at).flatMap((row): [string, AuditEntry][] => {
      const item = this.#retained.item(at, row) as Plain | undefined;
      return item === undefined ? [] : [[row.id, entryOf(item)]];
    });
  }

  /** In the transaction that removes the record. Throws nothing. */
  forget(transaction: Transaction, at: RecordKey): void {
    this.#retained.forget(transaction, at);
  }

  sweep(): Promise<void> {
    return this.#retained.sweep();
  }
}

type PlainDropped = [string, string, Uint8Array | null, number, number];
type Plain = [at: number, strategy: string, by: string, kept: string, dropped: PlainDropped[]];

function plainOf({ at, strategy, by, kept, dropped }: AuditEntry): Plain {
  const rows = dropped.map(
    ({ version, contentType, value, bytes, writtenAt }): PlainDropped => [
      ...([version, contentType, value ?? null, bytes, writtenAt] as const),
    ],
  );
  return [at, strategy, by, kept, rows];
}

function entryOf([at, strategy, by, kept, rows]: Plain): AuditEntry {
  const dropped = rows.map(([version, contentType, value, bytes, writtenAt]) => ({
    ...{ version, contentType, value: value ?? undefined, bytes, writtenAt },
  }));
  return { at, strategy, by, kept, dropped };
}
