/** Stored keys of what is kept beside a record: a list, and the items that it names. */
import { timeDigits } from './key-digits.js';

const SEPARATOR = '\u0000';

/** `w` or `l`, then the place. */
export function keptListKey(lists: string, place: string): string {
  return `${lists}${place}`;
}

/** `v` or `a`, the place, U+0000, the time, the id: one item of such a list. */
export function keptItemKey(items: string, place: string, at: number, id: string): string {
  return `${items}${place}${SEPARATOR}${timeDigits(at)}${id}`;
}

/** The place from the key of a list. */
export function placeOfList(lists: string, listKey: string): string {
  return listKey.slice(lists.length);
}

/** The same from the key of an item: neither its time nor its id holds a U+0000. */
export function placeOfItem(items: string, itemKey: string): string {
  return itemKey.slice(items.length, itemKey.lastIndexOf(SEPARATOR));
}
