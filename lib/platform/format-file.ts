/** The format of a data folder, in a small file: looked at before anything else is touched. */
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hash64Text } from '../encoding/hash.js';
import { messageOf, OperatingError } from '../errors.js';
import { plainFile, readPlainFile } from './plain-file.js';

const NAME = 'format';
const BYTES_MAX = 100;
const FORMAT = /^quorate data, format (\d+),/;

/**
 * With a checksum: one flipped bit makes another format of a digit, and would keep a node away for
 * ever. Invariant: the text is so in every format, so that each build can read that of another.
 */
function textOf(format: number): string {
  const text = `quorate data, format ${format}`;
  return `${text}, checksum ${hash64Text(Buffer.from(text))}\n`;
}

/**
 * Undefined where the folder is new, or the file damaged: what is stored says it then.
 * @throws OperatingError `storage_failed` where it may not, or cannot, be read
 */
export async function readFormat(dataDir: string): Promise<number | undefined> {
  const path = join(dataDir, NAME);
  const bytes = await readPlainFile(path, BYTES_MAX).catch((cause: unknown) => {
    const text = `${path} cannot be read: ${messageOf(cause)}`;
    throw new OperatingError('storage_failed', text, { outcome: 'none', cause });
  });
  const text = bytes?.toString('latin1') ?? '';
  const digits = FORMAT.exec(text)?.[1];
  const format = digits === undefined ? undefined : Number(digits);
  return format !== undefined && text === textOf(format) ? format : undefined;
}

/** For the folder of a node that has started: all in it is known to be of this format. */
export async function writeFormat(dataDir: string, format: number): Promise<void> {
  if ((await readFormat(dataDir)) === format) return;
  const path = join(dataDir, NAME);
  // Whatever else lies there says nothing.
  for (const one of [path, `${path}.new`]) {
    if ((await plainFile(one)) === undefined) await rm(one, { recursive: true, force: true });
  }
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(textOf(format));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
