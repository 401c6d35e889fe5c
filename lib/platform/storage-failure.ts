/** What every engine says when it cannot go on; see lib/environment/storage.ts. */
import { messageOf, OperatingError } from '../errors.js';

/** A read changes nothing, whatever went wrong. */
export function readFailed(cause: unknown): OperatingError {
  return new OperatingError('storage_failed', `storage cannot read: ${messageOf(cause)}`, {
    outcome: 'none',
    cause,
  });
}

/** The batch may or may not be on the disk: nobody knows before the engine is opened again. */
export function writeFailed(cause: unknown): OperatingError {
  return new OperatingError('storage_failed', `storage cannot write: ${messageOf(cause)}`, {
    outcome: 'unknown',
    cause,
  });
}

/** The call came too late: the handle is closed, or an earlier write failed. */
export function handleUnusable(reason: string, cause?: unknown): OperatingError {
  return new OperatingError('storage_failed', reason, { outcome: 'none', cause });
}
