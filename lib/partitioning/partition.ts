/** From a key to its partition, one of Q equal slices of the hash space (Dynamo 4.2). */
import { hash64TopBits } from '../encoding/hash.js';
import { assert } from '../errors.js';

/** Q at most: twelve bits of the hash. */
export const PARTITION_COUNT_MAX = 4_096;

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
 * The partition of a key, 0 to `partitionCount` - 1: the highest bits of xxhash64 over the UTF-8 of
 * namespace, U+0000, key. A namespace holds no U+0000, so no two pairs share a text.
 */
export function partitionOf(namespace: string, key: string, partitionCount: number): number {
  assert(isPartitionCount(partitionCount), 'Q is a power of two, 1 to 4,096');
  return hash64TopBits(`${namespace}\u0000${key}`, 31 - Math.clz32(partitionCount));
}
