/**
 * From a key to its partition, as nodes place it: by xxhash64. By BigInt, some microseconds a key:
 * it needs neither a package nor WebAssembly, which the policy of a page may forbid.
 */

const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;
const BITS = 64;
const LANE_BYTES = 8;
const STRIPE_BYTES = 32;
const SEPARATOR = '\u0000';

/**
 * The partition of a key, 0 to `partitionCount` - 1.
 * @param namespace as it is stored
 * @param partitionCount a power of two
 */
export function partitionOfKey(namespace: string, key: string, partitionCount: number): number {
  const hash = hash64OfBytes(new TextEncoder().encode(`${namespace}${SEPARATOR}${key}`));
  return Number(hash >> BigInt(BITS - Math.log2(partitionCount)));
}

function hash64OfBytes(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stripes = bytes.length - (bytes.length % STRIPE_BYTES);
  let hash = wrap(hashOfStripes(view, stripes) + BigInt(bytes.length));
  let at = stripes;
  for (; at + LANE_BYTES <= bytes.length; at += LANE_BYTES) {
    const lane = mixed(0n, view.getBigUint64(at, true));
    hash = wrap(rotated(hash ^ lane, 27n) * PRIME_1 + PRIME_4);
  }
  if (at + LANE_BYTES / 2 <= bytes.length) {
    const half = wrap(BigInt(view.getUint32(at, true)) * PRIME_1);
    hash = wrap(rotated(hash ^ half, 23n) * PRIME_2 + PRIME_3);
    at += LANE_BYTES / 2;
  }
  for (; at < bytes.length; at += 1) {
    const byte = wrap(BigInt(view.getUint8(at)) * PRIME_5);
    hash = wrap(rotated(hash ^ byte, 11n) * PRIME_1);
  }
  hash = wrap((hash ^ (hash >> 33n)) * PRIME_2);
  hash = wrap((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}

/** Of the whole stripes of 32 bytes, with the seed 0. */
function hashOfStripes(view: DataView, end: number): bigint {
  if (end === 0) return PRIME_5;
  let [a, b, c, d] = [wrap(PRIME_1 + PRIME_2), PRIME_2, 0n, wrap(-PRIME_1)];
  for (let at = 0; at < end; at += STRIPE_BYTES) {
    a = mixed(a, view.getBigUint64(at, true));
    b = mixed(b, view.getBigUint64(at + LANE_BYTES, true));
    c = mixed(c, view.getBigUint64(at + 2 * LANE_BYTES, true));
    d = mixed(d, view.getBigUint64(at + 3 * LANE_BYTES, true));
  }
  let hash = wrap(rotated(a, 1n) + rotated(b, 7n) + rotated(c, 12n) + rotated(d, 18n));
  for (const lane of [a, b, c, d]) hash = wrap((hash ^ mixed(0n, lane)) * PRIME_1 + PRIME_4);
  return hash;
}

function mixed(sum: bigint, lane: bigint): bigint {
  return wrap(rotated(wrap(sum + lane * PRIME_2), 31n) * PRIME_1);
}

function rotated(value: bigint, bits: bigint): bigint {
  return wrap(value << bits) | (value >> (BigInt(BITS) - bits));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(BITS, value);
}
