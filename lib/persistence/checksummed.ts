/** What rests in the storage: a format, a checksum over its key and itself, and then the value. */
import { decode, encode } from '../encoding/codec.js';
import { hash32, hash32Text } from '../encoding/hash.js';
import type { Observer } from '../environment/observer.js';
import { OperatingError } from '../errors.js';

/** Of everything stored; raised when an older node could not read a newer value. */
const FORMAT = 1;
const HEADER_BYTES = 9;

/** Byte 0 the format, bytes 1 to 8 two 32-bit hashes over the key and the encoded value. */
export function encodeStored(key: string, value: unknown): Uint8Array {
  const body = encode(value);
  const stored = new Uint8Array(HEADER_BYTES + body.length);
  stored[0] = FORMAT;
  stored.set(body, HEADER_BYTES);
  const view = new DataView(stored.buffer);
  const seed = hash32Text(key);
  view.setUint32(1, hash32(body, seed));
  view.setUint32(5, hash32(body, ~seed >>> 0));
  return stored;
}

/**
 * The value; byte strings in it are views into `stored`. The checksum vouches for its shape: only
 * `encodeStored` writes it.
 * @throws OperatingError `corrupt_bytes`: damaged, of another key, or of a format not known here.
 */
export function decodeStored(key: string, stored: Uint8Array): unknown {
  const body = stored.subarray(HEADER_BYTES);
  const seed = hash32Text(key);
  if (
    stored.length <= HEADER_BYTES ||
    stored[0] !== FORMAT ||
    readUint32(stored, 1) !== hash32(body, seed) ||
    readUint32(stored, 5) !== hash32(body, ~seed >>> 0)
  ) {
    throw new OperatingError('corrupt_bytes', 'stored bytes do not match their checksum');
  }
  return decode(body);
}

/** The same, with damage told to the observer and undefined in its place. */
export function readStored(key: string, stored: Uint8Array, observer: Observer): unknown {
  try {
    return decodeStored(key, stored);
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    observer.count('quorate_corrupt_records_total');
    observer.log('warn', 'stored bytes are damaged', { key });
    return undefined;
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}
