/**
 * Index entries: a pure function of the state of a key, kept in the transaction that changes it. By
 * them what is due, what is in conflict and what comes next in order is found without a scan
 * (docs/architecture.md, X1 and X2).
 */
import { greatestOf, leastOf } from '../encoding/extremes.js';
import { millisecondsOf } from '../versioning/hybrid-clock.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import { keyEntry, PLAIN_ENTRY } from './key-index.js';
import { indexKey, type RecordKey } from './keyspace.js';
import type { Store } from './store.js';
import type { Transaction } from './transaction.js';

const NONE: ReadonlyMap<string, Uint8Array> = new Map();
const EMPTY = new Uint8Array(0);

/**
 * The entries that a state has, with their values: one in the order of keys, which says whether
 * the state is plain, and up to two by time.
 */
export function indexEntriesOf(
  at: RecordKey,
  siblings: Siblings | undefined,
): ReadonlyMap<string, Uint8Array> {
  if (siblings === undefined) return NONE;
  const isOrdinary = isPlain(siblings);
  const entries = new Map([[keyEntry(at), isOrdinary ? PLAIN_ENTRY : EMPTY]]);
  if (!isOrdinary) for (const key of timedKeysOf(at, siblings)) entries.set(key, EMPTY);
  return entries;
}

/** Has the record of this state all its entries? */
export function isIndexed(
  store: Pick<Store, 'get'>,
  at: RecordKey,
  siblings: Siblings | undefined,
): boolean {
  return [...indexEntriesOf(at, siblings)].every(([key, value]) => isAlike(store.get(key), value));
}

/** What changes in the index where one state takes the place of another. */
export function moveIndex(
  transaction: Transaction,
  at: RecordKey,
  before: Siblings | undefined,
  after: Siblings | undefined,
): void {
  // Nearly all writes replace a plain state by a plain one: no entry changes.
  if (before !== undefined && after !== undefined && isPlain(before) && isPlain(after)) return;
  const had = indexEntriesOf(at, before);
  const has = indexEntriesOf(at, after);
  for (const key of had.keys()) if (!has.has(key)) transaction.delete(key);
  for (const [key, value] of has) if (!isAlike(had.get(key), value)) transaction.put(key, value);
}

function isAlike(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}

function timedKeysOf(at: RecordKey, siblings: Siblings): readonly string[] {
  const keys: string[] = [];
  const values = siblings.versions.filter(({ state }) => state === 'value');
  const ends = values.flatMap(({ expiresAt }) => expiresAt ?? []);
  if (ends.length > 0) keys.push(indexKey('expiring', leastOf(ends), at));
  if (values.length === 0) {
    // A state that only covers what has ended is of no known age: it may go as soon as all agree.
    keys.push(indexKey('collectable', greatestOf([0, ...siblings.versions.map(endedAt)]), at));
  }
  if (values.length > 1) {
    keys.push(indexKey('conflict', conflictSince(values), at));
  }
  return keys;
}

/** When the second of these values was written, in milliseconds: alike on every replica. */
export function conflictSince(values: readonly Pick<Version, 'writtenAt'>[]): number {
  const times = values.map(({ writtenAt }) => millisecondsOf(writtenAt)).sort((a, b) => a - b);
  return times[1] ?? 0;
}

/** One value without an end, as nearly all are: every write asks this twice. */
export function isPlain({ versions }: Siblings): boolean {
  const [first] = versions;
  return versions.length === 1 && first?.state === 'value' && first.expiresAt === undefined;
}

function endedAt({ expiresAt, writtenAt }: Version): number {
  return expiresAt ?? millisecondsOf(writtenAt);
}
