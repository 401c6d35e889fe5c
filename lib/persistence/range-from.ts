/** Where a page goes on within a range; see keyspace.ts. */
import { OperatingError } from '../errors.js';
import type { KeyRange } from './keyspace.js';

/**
 * What is left of a range from where a page ended; '' for all of it. Peers name the place.
 * @throws OperatingError `corrupt_bytes` it lies outside
 */
export function rangeFrom(all: KeyRange, from: string): KeyRange {
  if (from === '') return all;
  if (from < all.from || from >= all.before) {
    throw new OperatingError('corrupt_bytes', 'a page begins outside its range');
  }
  return { from, before: all.before };
}
