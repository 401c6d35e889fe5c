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

/**
 * Refuses what grows beyond a limit. What does not grow is let through: else a key at its limit
 * could not be made smaller, and not be deleted.
 * @param before what is there
 * @param seen what the client has seen: the cluster has handed it out, so it is there
 * @throws OperatingError `context_too_large`, `record_too_large`
 */
export function assertRecordFits(
  { contextBytesMax, recordBytesMax }: RecordLimits,
  before: Sized | undefined,
  seen: Context | undefined,
  { siblings, bytes }: Sized,
  isDelete: boolean,
): void {
  const contextBytes = contextBytesOf(siblings.context);
  if (contextBytes <= contextBytesMax && bytes.length <= recordBytesMax) return;
  const bytesBefore = before?.bytes.length ?? 0;
  if (bytes.length < bytesBefore) return;
  // Deletes that have seen nothing could pile up as siblings: there is an end, below a frame.
  if (isDelete && bytes.length <= 2 * recordBytesMax) return;
  if (bytes.length > Math.max(recordBytesMax, bytesBefore)) {
    const message = 'the siblings of this key together exceed the limit';
    throw new OperatingError('record_too_large', message, {
      details: { limit: recordBytesMax, size: bytes.length },
    });
  }
  const there = joinContexts(before?.siblings.context ?? EMPTY_CONTEXT, seen ?? EMPTY_CONTEXT);
  if (contextBytes > Math.max(contextBytesMax, contextBytesOf(there))) {
    const message = 'the context of this key has grown beyond its limit; a delete ends it';
    throw new OperatingError('context_too_large', message, {
      details: { limit: contextBytesMax, size: contextBytes },
    });
  }
}
