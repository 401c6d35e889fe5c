/** Why a store takes nothing; see store.ts. */
import { OperatingError } from '../errors.js';

/** Too much waits for the disk: it may be tried again. */
export function queueFull(): OperatingError {
  return new OperatingError('overloaded', 'too many bytes wait for the disk');
}

/** It writes what is queued, and no more. */
export function storeClosed(): OperatingError {
  return new OperatingError('not_ready', 'the store is closed');
}
