/**
 * Index entries: a pure function of the state of a key, kept in the transaction that changes it.
 * By them what is due and what is in conflict is found without a scan (docs/architecture.md, X1).
 */
import { greatestOf, leastOf } from '../encoding/extremes.js';
import { millisecondsOf } from '../versioning/hybrid-clock.js';
import type { Siblings, Version } from '../versioning/siblings.js';
import { indexKey, type RecordKey } from './keyspace.js';

const NONE: readonly string[] = [];

/** The entries that a state has: up to two. */
export function indexKeysOf(at: RecordKey, siblings: Siblings | undefined): readonly string[] {
  if (siblings === undefined || isPlain(siblings)) return NONE;
  const keys: string[] = [];
  const values = siblings.versions.filter(({ state }) => state === 'value');
  const ends = values.flatMap(({ expiresAt }) => expiresAt ?? []);
  if (ends.length > 0) keys.push(indexKey('expiring', leastOf(ends), at));
  if (values.length === 0 && siblings.versions.length > 0) {
    keys.push(indexKey('dead', greatestOf(siblings.versions.map(diedAt)), at));
  }
  if (values.length > 1) {
    const times = values.map(({ writtenAt }) => millisecondsOf(writtenAt)).sort((a, b) => a - b);
    keys.push(indexKey('conflict', times[1] ?? 0, at));
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
