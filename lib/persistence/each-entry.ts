/** Walks over a part of what is stored, a page at a time. */
import { type KeyRange, keyAfter } from './keyspace.js';
import type { Store } from './store.js';

const PAGE = 1000;

/** Tells of each entry in the order of keys, as `Store.range` lists them. */
export async function eachEntry(
  store: Pick<Store, 'range'>,
  { from: first, before }: KeyRange,
  take: (key: string, bytes: Uint8Array) => void,
): Promise<void> {
  let from = first;
  for (;;) {
    const page = await store.range({ from, before, limit: PAGE });
    for (const [key, bytes] of page) {
      take(key, bytes);
      from = keyAfter(key);
    }
    if (page.length < PAGE) return;
  }
}
