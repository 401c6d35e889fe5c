/** Numbers within stored keys: digits of one width, so that keys sort as numbers do. */
import { HASH_PREFIX_BITS } from '../partitioning/partition.js';

/** Of the highest bits of a key's hash. */
export const HASH_DIGITS = HASH_PREFIX_BITS / 4;
export const PARTITION_DIGITS = 4;
/** Of wall milliseconds, and of sequence numbers: enough for 8,900 years. */
export const TIME_DIGITS = 12;

/** Whole milliseconds that sort: a clock that is wrong by ages still gives some. */
export function timeDigits(milliseconds: number): string {
  const whole = Math.min(Math.max(0, Math.floor(milliseconds)), 16 ** TIME_DIGITS - 1);
  return hexadecimal(whole, TIME_DIGITS);
}

/** Of each byte: every request makes the text of a hash. */
const BYTES = Array.from({ length: 256 }, (_, byte) => hexadecimal(byte, 2));

export function hashText(hash: number): string {
  return `${BYTES[hash >> 8] ?? ''}${BYTES[hash & 0xff] ?? ''}`;
}

function hexadecimal(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}

export function partitionDigits(partition: number): string {
  return hexadecimal(partition, PARTITION_DIGITS);
}

export function sequenceDigits(sequence: number): string {
  return hexadecimal(sequence, TIME_DIGITS);
}
