/** Does a disk take a synced write? Asked before a store whose write failed is opened again. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** As much as an engine writes at once when it opens. */
const PROBE_BYTES = 65_536;

/** @throws Error of the system: no space, an input/output error, a file system that is gone */
export async function probeDisk(directory: string): Promise<void> {
  const path = join(directory, 'probe');
  try {
    const file = await open(path, 'w');
    try {
      await file.writeFile(new Uint8Array(PROBE_BYTES));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}
