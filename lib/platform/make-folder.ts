/** Folders for data, made where they are missing, or an error that says why not. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, OperatingError } from '../errors.js';

const OWNER_ONLY = 0o700;
/** They may pass; everything else needs another folder, or other permissions. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO']);

/**
 * Makes a folder, and those above it, for its owner only. Not by the recursive form of `mkdir`:
 * where a folder exists in which nothing can be made (`/proc/x`), Node.js 20 tries for ever.
 * @param what names it in the error: an option and its value
 * @throws OperatingError `invalid_request` where it cannot be a folder to write in; `not_ready`
 *   where the disk is full, or too much is open
 */
export function makeFolder(path: string, what: string): void {
  try {
    make(resolve(path));
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const kind = PASSING.has(code) ? 'not_ready' : 'invalid_request';
    throw new OperatingError(kind, `${what} cannot be used: ${messageOf(cause)}`, { cause });
  }
}

function make(path: string): void {
  const above = dirname(path);
  if (isFolder(path)) return;
  if (above !== path) make(above);
  try {
    mkdirSync(path, { mode: OWNER_ONLY });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
