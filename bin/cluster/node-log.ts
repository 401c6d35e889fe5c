/** The file that the log of a node process goes to. */
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { messageOf, OperatingError } from '../../lib/errors.js';

const LOG_BYTES_MAX = 16 * 1024 * 1024;
const LAST_LINES = 3;
/** Of the end of a log; a longer line is told by its end. */
const END_BYTES_MAX = 8192;

/** One older log is kept, so that starts do not fill the disk. @returns its descriptor */
export function openLog(file: string): number {
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LOG_BYTES_MAX) renameSync(file, `${file}.old`);
    return openSync(file, 'a', 0o600);
  } catch (cause) {
    throw new OperatingError('not_ready', `${file} cannot be written: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** How it ends, however large it is; where it cannot be read, why. */
export function lastLines(file: string): string[] {
  try {
    const end = endOf(file);
    return end.toString('utf8').trimEnd().split('\n').slice(-LAST_LINES);
  } catch (error) {
    return [messageOf(error)];
  }
}

function endOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const from = Math.max(0, size - END_BYTES_MAX);
    const end = Buffer.alloc(size - from);
    const read = readSync(descriptor, end, 0, end.length, from);
    return end.subarray(0, read);
  } finally {
    closeSync(descriptor);
  }
}
