/** `--session-file`: the tokens of a session between one command and the next. */
import { open, rename, rm } from 'node:fs/promises';
import { readBounded } from '../config/bounded-file.js';
import { messageOf, OperatingError } from '../lib/errors.js';

/** Far above the tokens of any session, one for each cluster. */
const BYTES_MAX = 1024 * 1024;
const TOKEN = /^[\w-]+$/;

/**
 * One token a line; none where there is no file yet.
 * @throws OperatingError `invalid_request` where it holds something else
 */
export function readSession(file: string): string[] {
  let text: string;
  try {
    text = readBounded(file, BYTES_MAX).toString('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw refused(file, `cannot be read: ${messageOf(error)}`);
  }
  const lines = text.split('\n').filter((line) => line !== '');
  if (!lines.every((line) => TOKEN.test(line))) throw refused(file, 'holds no session tokens');
  return lines;
}

/**
 * Before anything is sent: what a write has done cannot be taken back.
 * @throws OperatingError `invalid_request` where no file can be made beside it
 */
export async function assertSessionWritable(file: string): Promise<void> {
  const next = nextOf(file);
  try {
    await (await open(next, 'w', 0o600)).close();
    await rm(next);
  } catch (error) {
    throw refused(file, `cannot be written: ${messageOf(error)}`);
  }
}

/**
 * The old file or the new one, whatever happens meanwhile; for its owner alone.
 * @throws OperatingError `invalid_request`
 */
export async function writeSession(file: string, tokens: readonly string[]): Promise<void> {
  const next = nextOf(file);
  try {
    const handle = await open(next, 'w', 0o600);
    try {
      await handle.writeFile(`${tokens.join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, file);
  } catch (error) {
    throw refused(file, `cannot be written: ${messageOf(error)}`);
  }
}

function nextOf(file: string): string {
  return `${file}.${process.pid}.new`;
}

function refused(file: string, why: string): OperatingError {
  return new OperatingError('invalid_request', `--session-file ${file} ${why}`);
}
