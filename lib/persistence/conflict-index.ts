/** Which keys of a node are in conflict: read from the index, never from the records. */
import {
  entryOfText,
  entryText,
  type IndexEntry,
  keyAfter,
  parseIndexKey,
  PREFIX,
  rangeOf,
} from './keyspace.js';
import type { Store } from './store.js';

const KIND = 'conflict';
const ALL = rangeOf(PREFIX[KIND]);

/**
 * Up to `limit` entries of the index behind `after`, the conflict that began first at the front, as
 * texts. A text is the same on every replica that holds the same versions.
 * @param after a text, or '' to begin
 */
export async function conflictPage(store: Store, after: string, limit: number): Promise<string[]> {
  const from = after === '' ? ALL.from : keyAfter(entryOfText(KIND, after));
  const page = await store.range({ from, before: ALL.before, limit });
  return page.map(([entry]) => entryText(KIND, entry));
}

/** When the conflict of this text began, and where. */
export function conflictAt(text: string, partitionCount: number): IndexEntry {
  return parseIndexKey(entryOfText(KIND, text), partitionCount);
}
