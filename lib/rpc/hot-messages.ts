/**
 * Messages of fixed layout: what each request of a client needs of its peers, many items in one
 * (docs/decisions/0022). Their bytes: hot-layout.ts.
 */
import { LARGE_BYTES } from '../encoding/large.js';
import type { OperatingError } from '../errors.js';

/**
 * A message is `[kind, items]`. A record of 64 KiB or more is not copied among the items: it lies
 * beside them, and is the third element. The kinds follow those of wire.ts.
 */
export const HOT = {
  ...{ reads: 3, shown: 4, copies: 5, stored: 6, refused: 7 },
  /** Of types that other folders declare (layout-type.ts), and their answers. */
  ...{ asked: 8, answered: 9 },
} as const;
export type HotKind = (typeof HOT)[keyof typeof HOT];
export type HotMessage =
  | readonly [kind: HotKind, items: Uint8Array]
  | readonly [kind: HotKind, items: Uint8Array, beside: Uint8Array];

/** `full`: the record. `versions`: the record without its values. `fingerprint`: the dots held. */
export type Want = 'full' | 'versions' | 'fingerprint';

/** Which request an item is of, or answers: a slot of the asker, and which use of the slot. */
export interface SlotId {
  readonly slot: number;
  readonly generation: number;
}

/** Of whoever asks, once a message (M3). */
export interface RequestHead {
  /** The ring epoch; 0 before the founding. */
  readonly epoch: number;
  readonly settingsHash: number;
}

/**
 * What must be true of what an answer shows: nothing more than that it is held; that it is synced;
 * or that what was accepted for the key at `strong` before is settled in it, too (K12).
 */
export const SHOWN_AT_LEAST = ['held', 'synced', 'settled'] as const;
export type ShownAtLeast = (typeof SHOWN_AT_LEAST)[number];

/** What do you hold? The answer waits until what it shows is as much as `atLeast` says. */
export interface ReadRequest {
  readonly namespace: string;
  readonly key: string;
  readonly want: Want;
  readonly atLeast: ShownAtLeast;
  /** Which of these dots have you not seen? A set, encoded (`encodeDots`); empty: none. */
  readonly floor: Uint8Array;
}

/** Merge this whole state; the answer says that it is as durable as asked. */
export interface CopyRequest {
  readonly namespace: string;
  readonly key: string;
  readonly durability: 'sync' | 'os' | 'memory';
  readonly record: Uint8Array;
  /** Of a resolution, or of a blind write: its audit entry, encoded; empty: none. */
  readonly audit: Uint8Array;
  /** Of a blind write: its version, so that a report comes with the answer; empty: none. */
  readonly blind: string;
}

/** What each request says of itself. */
export interface TimeLeft {
  /** Of the deadline of this request; to the microsecond, and at most some 71 minutes. */
  readonly leftMilliseconds: number;
}
export interface ReadItem extends SlotId, TimeLeft, ReadRequest {}
export interface CopyItem extends SlotId, TimeLeft, CopyRequest {}

/** Owners of the partition that lost it, and from which start on their answers count again. */
export type LostOwners = [node: string, start: number][];

/** In which start of the replica it was said, and whose answers of before count no more. */
interface Answered {
  readonly start: number;
  readonly lost: LostOwners | undefined;
}

export interface ReadReply extends Answered {
  readonly fingerprint: string;
  readonly record: Uint8Array | null;
  /** Dots of the floor that were not seen, encoded; empty: none. */
  readonly missing: Uint8Array;
}

export interface CopyReply extends Answered {
  /** What became of the values that were merged (`Fate`). */
  readonly fate: 'collected' | 'ended' | undefined;
  /** Of a blind write (`BlindReport`), encoded; empty: as usual. */
  readonly report: Uint8Array;
}

export interface ShownItem extends SlotId, ReadReply {}
export interface StoredItem extends SlotId, CopyReply {}
export interface RefusedItem extends SlotId {
  readonly error: OperatingError;
}

/** What all items of a message of requests have in common. */
export interface Requests<Item> extends RequestHead {
  readonly items: readonly Item[];
}

export interface StoredItems {
  readonly start: number;
  /** What of the disk of the sender is durable. */
  readonly commit: number;
  readonly items: readonly StoredItem[];
}

export function isHot(message: unknown): message is HotMessage {
  if (!Array.isArray(message)) return false;
  const kind: unknown = message[0];
  return Number.isInteger(kind) && Number(kind) >= HOT.reads && Number(kind) <= HOT.answered;
}

/** Does the record lie beside the items, in a message of its own? */
export function liesBeside(record: Uint8Array | null): record is Uint8Array {
  return record !== null && record.length >= LARGE_BYTES;
}
