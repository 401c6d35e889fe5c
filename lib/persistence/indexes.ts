/**
 * Index entries: a pure function of the state of a key, kept in the transaction that changes it.
 * By them what is due and what is in conflict is found without a scan (docs/architecture.md, X1).
 */
import { greatestOf, leastOf } from '../encoding/extremes.js';
import { assert } from '../errors.js';
import { millisecondsOf } from '../versioning/hybrid-clock.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import { hexadecimal, type RecordKey, recordKeyIn } from './records.js';

/**
 * `x`: the earliest end of a value with a time to live. `t`: a record that is all dead, by the time
 * it died. `k`: two or more values, by the time that the second was written.
 */
export type IndexKind = 'x' | 't' | 'k';

/** As an entry's key says it: wall milliseconds, and the key that it is about. */
export interface IndexEntry {
  readonly milliseconds: number;
  readonly at: RecordKey;
}

const TIME_DIGITS = 12;
const PARTITION_DIGITS = 4;

const NONE: readonly string[] = [];

/** The entries that a state has: up to two. */
export function indexKeysOf(at: RecordKey, siblings: Siblings | undefined): readonly string[] {
  if (siblings === undefined || isPlain(siblings)) return NONE;
  const keys: string[] = [];
  const values = siblings.versions.filter(({ state }) => state === 'value');
  const ends = values.flatMap(({ expiresAt }) => expiresAt ?? []);
  if (ends.length > 0) keys.push(indexKey('x', leastOf(ends), at));
  if (values.length === 0 && siblings.versions.length > 0) {
    keys.push(indexKey('t', greatestOf(siblings.versions.map(diedAt)), at));
  }
  if (values.length > 1) {
    const times = values.map(({ writtenAt }) => millisecondsOf(writtenAt)).sort((a, b) => a - b);
    keys.push(indexKey('k', times[1] ?? 0, at));
  }
  return keys;
}

/** One value without an end, as nearly all are: every write asks this twice. */
function isPlain({ versions }: Siblings): boolean {
  const [first] = versions;
  return versions.length === 1 && first?.state === 'value' && first.expiresAt === undefined;
}

function diedAt({ expiresAt, writtenAt }: Version): number {
  return expiresAt ?? millisecondsOf(writtenAt);
}

/** The kind, 12 hexadecimal digits of the time, then as the storage key of the record. */
function indexKey(kind: IndexKind, milliseconds: number, at: RecordKey): string {
  const place = `${hexadecimal(at.partition)}${at.namespace}\u0000${at.key}`;
  return `${kind}${timeText(milliseconds)}${place}`;
}

/** Where the entries of a time begin. */
export function indexFrom(kind: IndexKind, milliseconds: number): string {
  return `${kind}${timeText(milliseconds)}`;
}

/** Before it lie all entries of a kind. */
export function indexEnd(kind: IndexKind): string {
  return `${kind}~`;
}

export function parseIndexKey(indexed: string): IndexEntry {
  const partitionAt = 1 + TIME_DIGITS;
  const namespaceAt = partitionAt + PARTITION_DIGITS;
  const split = indexed.indexOf('\u0000', namespaceAt);
  assert(split > 0, 'an index entry names a key');
  const partition = Number.parseInt(indexed.slice(partitionAt, namespaceAt), 16);
  return {
    milliseconds: Number.parseInt(indexed.slice(1, partitionAt), 16),
    at: recordKeyIn(partition, indexed.slice(namespaceAt, split), indexed.slice(split + 1)),
  };
}

function timeText(milliseconds: number): string {
  const whole = Math.min(Math.max(0, Math.floor(milliseconds)), 16 ** TIME_DIGITS - 1);
  return whole.toString(16).padStart(TIME_DIGITS, '0');
}
