/** What rests in the storage: a format, a checksum over its key and itself, and then the value. */
import { decode, encode } from '../encoding/codec.js';
import { hash64, hash64Bytes } from '../encoding/hash.js';
import type { Observer } from '../environment/observer.js';
import { OperatingError } from '../errors.js';

/** Of everything stored; raised when an older node could not read a newer value. */
const FORMAT = 2;
const HEADER_BYTES = 9;

/** One for all: a view of fresh bytes costs more than the checksum. */
const checksum = new Uint8Array(HEADER_BYTES - 1);
const checksumView = new DataView(checksum.buffer);

/** Byte 0 the format, bytes 1 to 8 a hash of the encoded value, seeded with that of the key. */
export function encodeStored(key: string, value: unknown): Uint8Array {
  const body = encode(value);
  const stored = new Uint8Array(HEADER_BYTES + body.length);
  stored[0] = FORMAT;
  stored.set(checksumOf(key, body), 1);
  stored.set(body, HEADER_BYTES);
  return stored;
}

/**
 * The value; byte strings in it are views into `stored`. The checksum vouches for its shape: only
 * `encodeStored` writes it.
 * @throws OperatingError `corrupt_bytes`: damaged, of another key, or of a format not known here.
 */
export function decodeStored(key: string, stored: Uint8Array): unknown {
  const body = stored.subarray(HEADER_BYTES);
  if (
    stored.length <= HEADER_BYTES ||
    stored[0] !== FORMAT ||
    !checksumOf(key, body).every((byte, i) => byte === stored[i + 1])
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

/** Valid until the next call. */
function checksumOf(key: string, body: Uint8Array): Uint8Array {
  checksumView.setBigUint64(0, hash64Bytes(body, hash64(key)));
  return checksum;
}
