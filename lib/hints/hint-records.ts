/** Hints at rest: what is stored of one. */
import type { NodeId } from '../environment/transport.js';
import { merge } from '../versioning/siblings.js';
import { decodeStored, encodeStored } from '../persistence/checksummed.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { decodeRecord, encodeRecord } from '../persistence/records.js';

export interface Hint {
  readonly target: NodeId;
  readonly at: RecordKey;
  /** The record as it was stored or minted. */
  readonly bytes: Uint8Array;
  /** Minted here, as a stand-in: removing it takes a fresh writer. */
  readonly minted: boolean;
  /** Wall milliseconds at which the first state of it was held. */
  readonly heldSince: number;
}

/** What is stored of a hint besides its key. */
export type HintState = Pick<Hint, 'bytes' | 'minted' | 'heldSince'>;

type PlainHint = [minted: boolean, bytes: Uint8Array, heldSince: number];

export function encodeHint(key: string, { minted, bytes, heldSince }: HintState): Uint8Array {
  return encodeStored(key, [minted, bytes, heldSince] satisfies PlainHint);
}

/** @throws OperatingError `corrupt_bytes` */
export function decodeHint(key: string, stored: Uint8Array): HintState {
  const [minted, bytes, heldSince] = decodeStored(key, stored) as PlainHint;
  return { minted, bytes, heldSince };
}

/** The two states of one key in one: what a hint is once a second state was held. */
export function mergeBytes(at: RecordKey, held: Uint8Array, incoming: Uint8Array): Uint8Array {
  const a = decodeRecord(at, held);
  const b = decodeRecord(at, incoming);
  const merged = merge(a, b);
  if (merged === a) return held;
  return merged === b ? incoming : encodeRecord(at, merged);
}
