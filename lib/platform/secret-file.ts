/** The cluster's secret at rest: a file that nobody else may read. See docs/operations.md. */
import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { messageOf, OperatingError } from '../errors.js';

const SECRET_BYTES_MIN = 32;
const FILE_BYTES_MAX = 4_096;
const OTHERS_MAY = 0o077;
const HEX = /^(?:[0-9a-f]{2})+$/i;

/**
 * The secret in a file: hexadecimal digits where there are nothing but those, else the bytes as
 * they are; white space around them does not count.
 * @throws OperatingError `invalid_request`, saying what is wrong, never what is in the file
 */
export async function readSecret(path: string): Promise<Uint8Array> {
  const content = await withFile(path, 'r', undefined, async (file) => {
    const status = await file.stat();
    if (!status.isFile()) refuse(path, 'is not a file');
    if ((status.mode & OTHERS_MAY) !== 0) {
      refuse(path, 'can be read or changed by others: chmod 600 it');
    }
    if (status.size > FILE_BYTES_MAX)
      refuse(path, `is longer than ${String(FILE_BYTES_MAX)} bytes`);
    return file.readFile();
  });
  const text = content.toString('latin1').trim();
  const secret = Buffer.from(text, HEX.test(text) ? 'hex' : 'latin1');
  if (secret.length < SECRET_BYTES_MIN) {
    refuse(path, `holds fewer than ${String(SECRET_BYTES_MIN)} bytes`);
  }
  return new Uint8Array(secret);
}

/**
 * Makes a secret of 32 random bytes, readable by its owner only.
 * @throws OperatingError `invalid_request` where the file exists already, or cannot be made
 */
export async function createSecret(path: string): Promise<void> {
  await withFile(path, 'wx', 0o600, async (file) => {
    await file.writeFile(`${randomBytes(SECRET_BYTES_MIN).toString('hex')}\n`);
    await file.sync();
  });
}

async function withFile<T>(
  path: string,
  flags: string,
  mode: number | undefined,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags, mode);
    return await use(file);
  } catch (error) {
    if (error instanceof OperatingError) throw error;
    return refuse(path, `cannot be used: ${messageOf(error)}`, error);
  } finally {
    await file?.close();
  }
}

function refuse(path: string, reason: string, cause?: unknown): never {
  throw new OperatingError('invalid_request', `secret file ${path} ${reason}`, {
    details: { path },
    cause,
  });
}
