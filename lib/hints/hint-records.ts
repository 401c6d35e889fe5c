/** Hints at rest: where they lie in the storage, by target and by age, and what they say. */
import type { NodeId } from '../environment/transport.js';
import { merge } from '../versioning/siblings.js';
import { decodeStored, encodeStored } from '../persistence/checksummed.js';
import type { RecordKey } from '../persistence/records.js';
import { decodeRecord, encodeRecord, hexadecimal, recordKeyIn } from '../persistence/records.js';

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

const PARTITION_DIGITS = 4;
const MOMENT_DIGITS = 12;
/** No node id begins with it, so what lies by age lies beside the hints, and before them. */
const BY_AGE = 'h/';

/** All hints, without what is kept by age. */
export const ALL_HINTS = { from: 'h0', before: 'i' };

/** `h`, the target, U+0000, four digits of the partition, the namespace, U+0000, the key. */
export function hintKey(target: NodeId, at: RecordKey): string {
  return `h${target}\u0000${placeOf(at)}`;
}

/** `h/`, the target, U+0000, twelve hexadecimal digits of the moment, and then as in `hintKey`. */
export function ageKey(target: NodeId, at: RecordKey, heldSince: number): string {
  return `${BY_AGE}${target}\u0000${momentText(heldSince)}${placeOf(at)}`;
}

export function targetOf(hintKey: string): NodeId {
  return hintKey.slice(1, hintKey.indexOf('\u0000'));
}

/** Where the hints of a target lie, from a partition on. */
export function hintsOf(target: NodeId, partition = 0): { from: string; before: string } {
  const from = `h${target}\u0000${partition === 0 ? '' : hexadecimal(partition)}`;
  return { from, before: `h${target}\u0001` };
}

/** Where the hints of a target lie by age, up to those held since `before`. */
export function agesOf(target: NodeId, before: number): { from: string; before: string } {
  const from = `${BY_AGE}${target}\u0000`;
  const all = !Number.isFinite(before);
  return { from, before: all ? `${BY_AGE}${target}\u0001` : `${from}${momentText(before)}` };
}

/** The key that a hint of this target is of. */
export function keyOfHint(target: NodeId, key: string): RecordKey {
  return keyAt(key.slice(target.length + 2));
}

export function keyOfAge(
  target: NodeId,
  key: string,
): { readonly at: RecordKey; readonly heldSince: number } {
  const start = BY_AGE.length + target.length + 1;
  const heldSince = Number.parseInt(key.slice(start, start + MOMENT_DIGITS), 16);
  return { at: keyAt(key.slice(start + MOMENT_DIGITS)), heldSince };
}

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

function placeOf({ partition, namespace, key }: RecordKey): string {
  return `${hexadecimal(partition)}${namespace}\u0000${key}`;
}

function keyAt(place: string): RecordKey {
  const rest = place.slice(PARTITION_DIGITS);
  const split = rest.indexOf('\u0000');
  const partition = Number.parseInt(place.slice(0, PARTITION_DIGITS), 16);
  return recordKeyIn(partition, rest.slice(0, split), rest.slice(split + 1));
}

/** Whole milliseconds: a clock that is wrong by ages still gives a moment that sorts. */
function momentText(wallMilliseconds: number): string {
  const whole = Math.min(Math.max(0, Math.floor(wallMilliseconds)), 16 ** MOMENT_DIGITS - 1);
  return whole.toString(16).padStart(MOMENT_DIGITS, '0');
}
