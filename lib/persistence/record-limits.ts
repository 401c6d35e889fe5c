/** How large a key's state may grow before writes to it are refused (docs/architecture.md, V4). */
import { OperatingError } from '../errors.js';
import type { Context } from '../versioning/context.js';
import { EMPTY_CONTEXT, joinContexts } from '../versioning/context.js';
import type { Siblings } from '../versioning/siblings.js';

export interface RecordLimits {
  /** A write that makes a context larger is refused (507); contexts are never cut. */
  readonly contextBytesMax: number;
  /** A write that makes a record, siblings and all, larger is refused (507). */
  readonly recordBytesMax: number;
}

/** A state, and as it is stored. */
interface Sized {
  readonly siblings: Siblings;
  readonly bytes: Uint8Array;
}

/** About so many bytes a dot takes beside its writer. */
const NUMBER_BYTES = 6;

/** About what a context takes in a record. */
export function contextBytesOf({ vector, beyond }: Context): number {
  let size = 0;
  for (const writer of vector.keys()) size += writer.length + NUMBER_BYTES;
  for (const { writer } of beyond) size += writer.length + NUMBER_BYTES;
  return size;
}

/** At most so many bytes are around the texts and values of a record, of a version, of a dot. */
const RECORD_BYTES = 64;
const VERSION_BYTES = 64;
const DOT_BYTES = 16;
/** Of a character. */
const UTF8_BYTES = 3;

/** No more than this does a state take as a record: found without encoding it. */
function recordBytesAtMost({ context, versions }: Siblings): number {
  let size = RECORD_BYTES;
  for (const writer of context.vector.keys()) size += DOT_BYTES + UTF8_BYTES * writer.length;
  for (const { writer } of context.beyond) size += DOT_BYTES + UTF8_BYTES * writer.length;
  for (const { value, contentType, past } of versions) {
    size += VERSION_BYTES + value.length + UTF8_BYTES * contentType.length + (past?.length ?? 0);
  }
  return size;
}

/** Is it surely within both limits? Costs next to nothing. */
export function isWellWithin(
  { contextBytesMax, recordBytesMax }: RecordLimits,
  siblings: Siblings,
): boolean {
  const isSmall = recordBytesAtMost(siblings) <= recordBytesMax;
  return isSmall && contextBytesOf(siblings.context) <= contextBytesMax;
}

/** As `recordRefusal`. @throws OperatingError `context_too_large`, `record_too_large` */
export function assertRecordFits(...about: Parameters<typeof recordRefusal>): void {
  const refusal = recordRefusal(...about);
  if (refusal !== undefined) throw refusal;
}

/**
 * Why a state is refused that grows beyond a limit; undefined: it is not. What does not grow is let
 * through: else a key at its limit could not be made smaller, and not be deleted.
 * @param before what is there
 * @param seen what the client has seen: the cluster has handed it out, so it is there
 * @returns `context_too_large`, `record_too_large`
 */
export function recordRefusal(
  { contextBytesMax, recordBytesMax }: RecordLimits,
  before: Sized | undefined,
  seen: Context | undefined,
  { siblings, bytes }: Sized,
  isDelete: boolean,
): OperatingError | undefined {
  const contextBytes = contextBytesOf(siblings.context);
  if (contextBytes <= contextBytesMax && bytes.length <= recordBytesMax) return undefined;
  const bytesBefore = before?.bytes.length ?? 0;
  if (bytes.length < bytesBefore) return undefined;
  // Deletes that have seen nothing could pile up as siblings: there is an end, below a frame.
  if (isDelete && bytes.length <= 2 * recordBytesMax) return undefined;
  if (bytes.length > Math.max(recordBytesMax, bytesBefore)) {
    const message = 'the siblings of this key together exceed the limit';
    return new OperatingError('record_too_large', message, {
      details: { limit: recordBytesMax, size: bytes.length },
    });
  }
  const there = joinContexts(before?.siblings.context ?? EMPTY_CONTEXT, seen ?? EMPTY_CONTEXT);
  if (contextBytes > Math.max(contextBytesMax, contextBytesOf(there))) {
    const message = 'the context of this key has grown beyond its limit; a delete ends it';
    return new OperatingError('context_too_large', message, {
      details: { limit: contextBytesMax, size: contextBytes },
    });
  }
  return undefined;
}
