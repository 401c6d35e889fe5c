/** What every engine says when it cannot go on; see lib/environment/storage.ts. */
import { messageOf, OperatingError } from '../errors.js';

/** A read changes nothing, whatever went wrong. */
export function readFailed(cause: unknown): OperatingError {
  if (isCorruption(cause)) {
    return new OperatingError('corrupt_bytes', `stored bytes are damaged: ${messageOf(cause)}`, {
      outcome: 'none',
      details: { corrupt: true },
      cause,
    });
  }
  return new OperatingError('storage_failed', `storage cannot read: ${messageOf(cause)}`, {
    outcome: 'none',
    cause,
  });
}

/** The batch may or may not be on the disk: nobody knows before the engine is opened again. */
export function writeFailed(cause: unknown): OperatingError {
  return new OperatingError('storage_failed', `storage cannot write: ${messageOf(cause)}`, {
    outcome: 'unknown',
    details: { corrupt: isCorruption(cause) },
    cause,
  });
}

/** The call came too late: the handle is closed, or an earlier write failed. */
export function handleUnusable(reason: string, cause?: unknown): OperatingError {
  return new OperatingError('storage_failed', reason, { outcome: 'none', cause });
}

/** A file that is missing, shorter than was written down or no file, or all but the first. */
const WRONG_FILES = [
  /(?:\.(?:ldb|sst|log)|CURRENT|MANIFEST-\d+): (?:Invalid argument|No such|Is a directory)/,
  /does not exist \(create_if_missing/,
];

/** Does LevelDB find its files other than it wrote them? A disk that fails is another matter. */
export function isCorruption(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if ('code' in cause && cause.code === 'LEVEL_CORRUPTION') return true;
  return WRONG_FILES.some((pattern) => pattern.test(cause.message));
}
