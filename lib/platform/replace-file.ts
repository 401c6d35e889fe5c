/** A small file that is there in full, or as it was before: never half written. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, OperatingError } from '../errors.js';

const OWNER_ONLY = 0o600;

/** @throws OperatingError `not_ready` where it cannot be written; the file is as it was then */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.new`;
  try {
    const file = openSync(fresh, 'w', OWNER_ONLY);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } catch (cause) {
    removeIfThere(fresh);
    throw new OperatingError('not_ready', `${path} cannot be written: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where it could not be made, it cannot be removed either.
  }
}
