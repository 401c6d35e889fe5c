/** xxhash64 and xxhash32, ready once this module is loaded (WebAssembly starts asynchronously). */
import xxhash from 'xxhash-wasm';

const wasm = await xxhash();

/** The 64-bit hash of bytes, as 16 hexadecimal digits. */
export function hash64Text(bytes: Uint8Array): string {
  return wasm.h64Raw(bytes).toString(16).padStart(16, '0');
}

/** The 64-bit hash of a text's UTF-8 bytes. */
export function hash64(text: string): bigint {
  return wasm.h64(text);
}

/** The lower and the upper 32 bits of a 64-bit hash, as signed integers: those need no boxes. */
export interface Hash64Parts {
  readonly low: number;
  readonly high: number;
}

/**
 * The 64-bit hash of a text's UTF-8 bytes, in halves. Two 32-bit hashes with two seeds are no
 * substitute: texts that one takes for the same, the other often does too.
 */
export function hash64Parts(text: string): Hash64Parts {
  both.setBigUint64(0, hash64(text));
  return { low: both.getInt32(4), high: both.getInt32(0) };
}

/** One for all: taking a number of 64 bits apart by arithmetic makes several others. */
const both = new DataView(new ArrayBuffer(8));

/** The 64-bit hash of bytes. */
export function hash64Bytes(bytes: Uint8Array, seed: bigint): bigint {
  return wasm.h64Raw(bytes, seed);
}

/** The 32-bit hash of bytes: an unsigned integer. Cheap. */
export function hash32(bytes: Uint8Array, seed = 0): number {
  return wasm.h32Raw(bytes, seed);
}

/** The 32-bit hash of a text's UTF-8 bytes. */
export function hash32Text(text: string, seed = 0): number {
  return wasm.h32(text, seed);
}

/** The `count` highest bits (0 to 32) of the 64-bit hash of a text's UTF-8 bytes: an integer. */
export function hash64TopBits(text: string, count: number): number {
  if (count === 0) return 0;
  both.setBigUint64(0, hash64(text));
  return both.getUint32(0) >>> (32 - count);
}
