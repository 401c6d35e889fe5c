/** What a simulated disk holds: how it is changed, and read in pages. */
import type { Range, StorageEntry, StorageOperation } from '../../lib/environment/storage.js';
import type { SortedMap } from './sorted-map.js';

export function applyTo(entries: SortedMap<Uint8Array>, operation: StorageOperation): void {
  if (operation.type === 'put') entries.set(operation.key, operation.value);
  else entries.delete(operation.key);
}

export function copied(operation: StorageOperation): StorageOperation {
  return operation.type === 'put'
    ? { ...operation, value: new Uint8Array(operation.value) }
    : operation;
}

export function prefixRange(prefix: string): Range {
  return { from: prefix, before: `${prefix}\u{10ffff}`, limit: Number.POSITIVE_INFINITY };
}

export function entriesOf(
  entries: SortedMap<Uint8Array>,
  { from, before, limit }: Range,
): StorageEntry[] {
  return entries
    .keysIn(from, before, limit)
    .map((key) => [key, entries.get(key)?.slice() ?? new Uint8Array()] as const);
}
