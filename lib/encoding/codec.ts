/** Values to bytes and back: MessagePack. What is stored and what travels goes through here. */
import { Packr } from 'msgpackr';
import { OperatingError } from '../errors.js';

const packr = new Packr({ useRecords: false, int64AsType: 'number', moreTypes: false });

/** Bytes of plain data: arrays, objects, strings, numbers, booleans, null, Uint8Array. */
export function encode(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** @throws OperatingError `corrupt_bytes` where the bytes are not one whole value. */
export function decode(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new OperatingError('corrupt_bytes', 'bytes do not decode', { cause });
  }
}
