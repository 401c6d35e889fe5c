/** Lists in messages are cut by bytes, whatever their elements are. */
import { messageBytesMax } from './frame.js';

/**
 * As many of the first elements as take no more than so many bytes of a message; one at least, if
 * there is one: whoever asks for the rest comes to an end.
 */
export function firstWithin<T>(list: readonly T[], bytesMax: number): T[] {
  return groupsWithin(list, messageBytesMax, bytesMax)[0] ?? [];
}

/**
 * As many as `firstWithin` of those that follow the element with that id, and whether others do.
 * Where it is gone, so are those before it: lists lose their first elements first.
 */
export function pageAfter<T>(
  list: readonly T[],
  idOf: (element: T) => string,
  after: string | null,
  bytesMax: number,
): { readonly page: T[]; readonly more: boolean } {
  const from = after === null ? 0 : list.findIndex((element) => idOf(element) === after) + 1;
  const page = firstWithin(list.slice(from), bytesMax);
  return { page, more: from + page.length < list.length };
}

/** The latest elements that take no more than so many bytes, in order; one at least. */
export function lastWithin<T>(list: readonly T[], bytesMax: number): T[] {
  return firstWithin(list.toReversed(), bytesMax).reverse();
}

/** The whole list in groups of up to so many bytes, of one element at least. */
export function groupsWithin<T>(
  list: readonly T[],
  bytesOf: (element: T) => number,
  bytesMax: number,
): T[][] {
  const groups: T[][] = [];
  let group: T[] = [];
  let bytes = 0;
  for (const element of list) {
    const more = bytesOf(element);
    if (group.length > 0 && bytes + more > bytesMax) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(element);
    bytes += more;
  }
  return group.length === 0 ? groups : [...groups, group];
}
