/** A folder in the temporary folder of the system, for as long as this process runs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, OperatingError } from '../lib/errors.js';

/** Processes that were killed a moment ago may still add to it. */
const ATTEMPTS = { maxRetries: 20, retryDelay: 50 };

/** It goes with the process, however that ends by itself. Only a kill leaves it. */
export class TemporaryFolder {
  readonly path: string;

  /** @throws OperatingError `not_ready` where it cannot be made */
  constructor(prefix: string) {
    const path = join(tmpdir(), prefix);
    try {
      this.path = mkdtempSync(path);
    } catch (cause) {
      const message = `no temporary folder ${path}*: ${messageOf(cause)}`;
      throw new OperatingError('not_ready', message, { cause });
    }
    process.once('exit', this.remove);
  }

  /** With all that is in it. Never throws: nothing rests on it. */
  readonly remove = (): void => {
    process.off('exit', this.remove);
    try {
      rmSync(this.path, { recursive: true, force: true, ...ATTEMPTS });
    } catch {
      // What is left lies where the system clears away by itself.
    }
  };
}
