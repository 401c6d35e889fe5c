/** From a key to its partition, one of Q equal slices of the hash space (Dynamo 4.2). */
import { hash64TopBits } from '../encoding/hash.js';
import { assert } from '../errors.js';

/** Q at most: twelve bits of the hash. */
export const PARTITION_COUNT_MAX = 4_096;

/** So many bits of the hash say where a key lies, whatever Q is. */
export const HASH_PREFIX_BITS = 16;

/** Whether a number can be Q: a power of two, 1 to 4,096. */
export function isPartitionCount(count: number): boolean {
  return (
    Number.isInteger(count) &&
    count >= 1 &&
    count <= PARTITION_COUNT_MAX &&
    (count & (count - 1)) === 0
  );
}

/**
 * The highest 16 bits of xxhash64 over the UTF-8 of namespace, U+0000, key. A namespace holds no
 * U+0000, so no two pairs share a text.
 */
export function hashPrefixOf(namespace: string, key: string): number {
  return hash64TopBits(`${namespace}\u0000${key}`, HASH_PREFIX_BITS);
}

/** The partition of these 16 bits, 0 to `partitionCount` - 1: as many of them as Q has. */
export function partitionOfHash(hashPrefix: number, partitionCount: number): number {
  return hashPrefix >>> shiftOf(partitionCount);
}

/** The partition of a key, 0 to `partitionCount` - 1. */
export function partitionOf(namespace: string, key: string, partitionCount: number): number {
  return partitionOfHash(hashPrefixOf(namespace, key), partitionCount);
}

/** The 16 bits of the keys of a partition: from `first` to before `end`. */
export function hashesOf(
  partition: number,
  partitionCount: number,
): { readonly first: number; readonly end: number } {
  assert(partition >= 0 && partition < partitionCount, 'a partition is 0 to Q - 1');
  const shift = shiftOf(partitionCount);
  return { first: partition << shift, end: (partition + 1) << shift };
}

function shiftOf(partitionCount: number): number {
  assert(isPartitionCount(partitionCount), 'Q is a power of two, 1 to 4,096');
  return HASH_PREFIX_BITS - 31 + Math.clz32(partitionCount);
}
