/** Why a store takes nothing; see store.ts. */
import { type ErrorCode, OperatingError } from '../errors.js';

/** The codes of a store that takes nothing now, because its disk is busy, full or gone. */
const TAKES_NOTHING: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['overloaded', 'read_only', 'storage_failed', 'not_ready'] as const),
]);

/** Is it of no use to send the store anything else now? A later attempt may find it ready. */
export function takesNothingNow(code: string): boolean {
  return TAKES_NOTHING.has(code);
}

/** Too much waits for the disk: it may be tried again. */
export function queueFull(): OperatingError {
  return new OperatingError('overloaded', 'too many bytes wait for the disk');
}

/** What would wait for it is better taken elsewhere. */
export function diskStalled(): OperatingError {
  return new OperatingError('overloaded', 'the disk of this node does not answer');
}

/** It writes what is queued, and no more. */
export function storeClosed(): OperatingError {
  return new OperatingError('not_ready', 'the store is closed');
}
