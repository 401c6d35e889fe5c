/** What rests in the storage: a checksum over its key and itself, a format, and then the value. */
import { decode, encode } from '../encoding/codec.js';
import { hash64, hash64Bytes } from '../encoding/hash.js';
import type { Observer } from '../environment/observer.js';
import { isCorrupt, OperatingError } from '../errors.js';

/**
 * Of everything stored. Raised whenever the bytes of anything change (tests/unit/golden): an older
 * node refuses what a newer one has written, and leaves it as it is.
 */
export const STORED_FORMAT = 12;
const CHECKSUM_BYTES = 8;
const HEADER_BYTES = CHECKSUM_BYTES + 1;

/** One for all: a view of fresh bytes costs more than the checksum. */
const checksum = new Uint8Array(CHECKSUM_BYTES);
const checksumView = new DataView(checksum.buffer);

/**
 * Bytes 0 to 7 a hash of all that follows, seeded with that of the key; byte 8 the format; then the
 * encoded value. Invariant: the checksum is so in every format, so that each node can know what is
 * of another format from what is damaged.
 */
export function encodeStored(key: string, value: unknown): Uint8Array {
  const body = encode(value);
  const stored = new Uint8Array(HEADER_BYTES + body.length);
  stored[CHECKSUM_BYTES] = STORED_FORMAT;
  stored.set(body, HEADER_BYTES);
  stored.set(checksumOf(key, stored));
  return stored;
}

/**
 * The value; byte strings in it are views into `stored`. The checksum vouches for its shape: only
 * `encodeStored` writes it.
 * @throws OperatingError `corrupt_bytes`: damaged, or of another key; `unknown_format`
 */
export function decodeStored(key: string, stored: Uint8Array): unknown {
  if (stored.length <= HEADER_BYTES || !startsWith(stored, checksumOf(key, stored))) {
    throw new OperatingError('corrupt_bytes', 'stored bytes do not match their checksum');
  }
  const format = stored[CHECKSUM_BYTES];
  if (format !== STORED_FORMAT) throw unknownFormat(`the value of ${JSON.stringify(key)}`, format);
  return decode(stored.subarray(HEADER_BYTES));
}

/** What another build has written is not damaged: it is refused, and nothing is changed. */
export function unknownFormat(what: string, format: number | undefined): OperatingError {
  return new OperatingError(
    'unknown_format',
    `${what} is stored in format ${format}; this build of quorate knows format ${STORED_FORMAT}`,
    { outcome: 'none', details: { stored: format, known: STORED_FORMAT } },
  );
}

/**
 * The same, with damage reported to the observer and undefined in its place.
 * @throws OperatingError `unknown_format`
 */
export function readStored(key: string, stored: Uint8Array, observer: Observer): unknown {
  try {
    return decodeStored(key, stored);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    observer.count('quorate_corrupt_records_total');
    observer.log('warn', 'stored bytes are damaged', { key });
    return undefined;
  }
}

/** The checksum that stored bytes begin with. */
export function checksumTextOf(stored: Uint8Array): string {
  return Buffer.from(stored.subarray(0, CHECKSUM_BYTES)).toString('latin1');
}

function startsWith(bytes: Uint8Array, first: Uint8Array): boolean {
  for (let i = 0; i < first.length; i += 1) if (bytes[i] !== first[i]) return false;
  return true;
}

/** Valid until the next call. */
function checksumOf(key: string, stored: Uint8Array): Uint8Array {
  checksumView.setBigUint64(0, hash64Bytes(stored.subarray(CHECKSUM_BYTES), hash64(key)));
  return checksum;
}
