/** How large a key's state may grow before writes to it are refused (docs/architecture.md, V4). */
import { OperatingError } from '../errors.js';
import type { Siblings } from '../versioning/siblings.js';

export interface RecordLimits {
  /** A write that makes a context larger is refused (507); contexts are never cut. */
  readonly contextBytesMax: number;
  /** A write that makes a record, siblings and all, larger is refused (507). */
  readonly recordBytesMax: number;
}

/** About so many bytes a dot takes beside its writer. */
const NUMBER_BYTES = 6;

/** @throws OperatingError `context_too_large`, `record_too_large` */
export function assertRecordFits(
  { contextBytesMax, recordBytesMax }: RecordLimits,
  { context: { vector, beyond } }: Siblings,
  bytes: Uint8Array,
): void {
  let size = 0;
  for (const writer of vector.keys()) size += writer.length + NUMBER_BYTES;
  for (const { writer } of beyond) size += writer.length + NUMBER_BYTES;
  if (size > contextBytesMax) {
    const message = 'the context of this key has grown beyond its limit';
    throw new OperatingError('context_too_large', message, {
      details: { limit: contextBytesMax, size },
    });
  }
  if (bytes.length > recordBytesMax) {
    const message = 'the siblings of this key together exceed the limit';
    throw new OperatingError('record_too_large', message, {
      details: { limit: recordBytesMax, size: bytes.length },
    });
  }
}
