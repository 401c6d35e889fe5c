/** Walks over a part of what is stored, a page at a time. */
import { OperatingError } from '../errors.js';
import { type KeyRange, keyAfter } from './keyspace.js';
import type { Store } from './store.js';

const PAGE = 1000;

/**
 * Tells of each entry in the order of keys, as `Store.range` lists them.
 * @param limit entries of a page: so many are in memory at once
 */
export async function eachEntry(
  store: Pick<Store, 'range'>,
  { from: first, before }: KeyRange,
  take: (key: string, bytes: Uint8Array) => void,
  limit = PAGE,
): Promise<void> {
  let from = first;
  for (;;) {
    const page = await store.range({ from, before, limit });
    for (const [key, bytes] of page) {
      take(key, bytes);
      from = keyAfter(key);
    }
    if (page.length < limit) return;
  }
}

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
