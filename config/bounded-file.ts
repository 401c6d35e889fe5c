/** Files that somebody names, who may name a device, or what somebody else goes on writing. */
import { closeSync, openSync, readSync } from 'node:fs';

/** Of settings, variables, and plans: what people write by hand. */
export const HAND_WRITTEN_BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES = 65_536;

/**
 * The whole of it. Its length is found by reading: pipes and devices do not tell theirs.
 * @throws Error of the system; Error that says so where there is more of it than `bytesMax`
 */
export function readBounded(file: string, bytesMax: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const read = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
      if (read === 0) return Buffer.concat(chunks);
      bytes += read;
      if (bytes > bytesMax) throw new Error(`it is longer than ${bytesMax} bytes, or has no end`);
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
}
