/**
 * States that are encoded, or decoded, once: a proposal of the strong level goes to each owner,
 * into a table, and into a record. What is remembered lives as long as the state itself.
 */
import type { Siblings } from '../versioning/siblings.js';
import type { RecordKey } from './keyspace.js';
import { decodeRecord, encodeRecord } from './records.js';

interface Encoded {
  /** A record is checksummed under its key. */
  readonly storageKey: string;
  readonly bytes: Uint8Array;
}

/** States never change. */
const known = new WeakMap<Siblings, Encoded>();

/** As `encodeRecord`. */
export function encodeState(at: RecordKey, state: Siblings): Uint8Array {
  const { storageKey } = at;
  const before = known.get(state);
  if (before?.storageKey === storageKey) return before.bytes;
  const bytes = encodeRecord(at, state);
  known.set(state, { storageKey, bytes });
  return bytes;
}

/** As `decodeRecord`. */
export function decodeState(at: RecordKey, bytes: Uint8Array): Siblings {
  const state = decodeRecord(at, bytes);
  known.set(state, { storageKey: at.storageKey, bytes });
  return state;
}
