/** Which keys of a node are in conflict: read from the index, never from the records. */
import { eachEntry } from './each-entry.js';
import { indexEnd, parseIndexKey, type IndexEntry } from './indexes.js';
import type { Store } from './store.js';

const KIND = 'k';

/**
 * Up to `limit` places of the index behind `after`, the conflict that began first at the front. A
 * place is the same on every replica that holds the same versions.
 * @param after a place, or '' to begin
 */
export async function conflictPage(store: Store, after: string, limit: number): Promise<string[]> {
  const from = after === '' ? KIND : `${KIND}${after}\u0000`;
  const page = await store.range({ from, before: indexEnd(KIND), limit });
  return page.map(([key]) => key.slice(KIND.length));
}

/** The entries of a partition. They lie by time: all entries of the node are walked over. */
export async function conflictsIn(store: Store, partition: number): Promise<string[]> {
  const found: string[] = [];
  await eachEntry(store, { from: KIND, before: indexEnd(KIND) }, (entry) => {
    if (parseIndexKey(entry).at.partition === partition) found.push(entry);
  });
  return found;
}

/** When the conflict of this place began, and where. */
export function conflictAt(place: string): IndexEntry {
  return parseIndexKey(`${KIND}${place}`);
}

/** Might this be a place? What comes from outside is looked at first. */
export function isConflictPlace(text: string): boolean {
  return /^[0-9a-f]{16}/.test(text) && text.includes('\u0000') && text.isWellFormed();
}
