/** Keys in paths and parameters: decoded once, strictly, from the raw request. */
import { OperatingError } from '../../errors.js';

export const KEY_BYTES_MAX = 1024;

const PERCENT = 0x25;
const HASH = 0x23;
const PLUS = 0x2b;
const SPACE = 0x20;

/** Keeps a leading byte order mark: it belongs to the key. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The key of one raw path segment.
 * @throws OperatingError `invalid_key`
 */
export function keyOfPath(segment: string): string {
  const key = keyOf(segment, false);
  if (key === '.' || key === '..') {
    throw invalidKey(
      '"." and ".." cannot be sent in a path: URL libraries fold them; use ?key=',
      key,
    );
  }
  return key;
}

/** The key of a raw parameter, in which a `+` is a blank, as forms write it. */
export function keyOfParameter(value: string): string {
  return keyOf(value, true);
}

function keyOf(raw: string, plusIsSpace: boolean): string {
  const key = decodeOnce(raw, plusIsSpace);
  if (key === undefined) throw invalidKey('the key is not percent-encoded UTF-8', raw);
  checkKey(key);
  return key;
}

/** @throws OperatingError `invalid_key` */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0) throw invalidKey('the key is empty', key);
  if (bytes > KEY_BYTES_MAX) {
    throw new OperatingError('invalid_key', `the key is longer than ${KEY_BYTES_MAX} bytes`, {
      details: { required: KEY_BYTES_MAX, received: bytes },
    });
  }
  if (!key.isWellFormed())
    throw invalidKey('the key is no text: half of a pair', key.toWellFormed());
}

/** Undefined where it is not percent-encoded UTF-8. */
export function decodeOnce(raw: string, plusIsSpace: boolean): string | undefined {
  let plain = true;
  for (let i = 0; i < raw.length && plain; i += 1) {
    const code = raw.charCodeAt(i);
    plain = code < 0x80 && code !== PERCENT && code !== HASH && !(plusIsSpace && code === PLUS);
  }
  return plain ? raw : decodeBytes(raw, plusIsSpace);
}

function decodeBytes(raw: string, plusIsSpace: boolean): string | undefined {
  const bytes = new Uint8Array(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i += 1) {
    let code = raw.charCodeAt(i);
    if (code === HASH || code > 0x7f) return undefined;
    if (code === PERCENT) {
      const digits = raw.slice(i + 1, i + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined;
      code = Number.parseInt(digits, 16);
      i += 2;
    } else if (plusIsSpace && code === PLUS) {
      code = SPACE;
    }
    bytes[length] = code;
    length += 1;
  }
  try {
    return strictUtf8.decode(bytes.subarray(0, length));
  } catch {
    return undefined;
  }
}

function invalidKey(message: string, received: string): OperatingError {
  return new OperatingError('invalid_key', message, {
    details: { received: received.slice(0, 200) },
  });
}
