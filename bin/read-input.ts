/** What comes from files and standard input: whole, bounded, and as text where text is meant. */
import type { Readable } from 'node:stream';
import { readBounded } from '../config/bounded-file.js';
import { SETTINGS } from '../config/schema.js';
import { messageOf, OperatingError } from '../lib/errors.js';

/** The most that any node takes, however it is set: that of a batch. */
const BYTES_MAX = SETTINGS.requests.batchBytesMax.maximum;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param what names it in a refusal. @throws OperatingError `invalid_request` */
export function readWhole(file: string, what: string): Uint8Array {
  try {
    return readBounded(file, BYTES_MAX);
  } catch (error) {
    throw wrong(`${what} cannot be read: ${messageOf(error)}`);
  }
}

/** @throws OperatingError `invalid_request` where it is too long */
export async function readAll(input: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    bytes += part.length;
    if (bytes > BYTES_MAX) throw wrong(`the input is above ${BYTES_MAX} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** @throws OperatingError `invalid_request`. @param instead what to do with bytes */
export function strictTextOf(bytes: Uint8Array, instead = ''): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw wrong(`the input is not UTF-8${instead}`);
  }
}

function wrong(message: string): OperatingError {
  return new OperatingError('invalid_request', message);
}
