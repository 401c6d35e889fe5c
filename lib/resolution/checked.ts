/** A strategy held to its contract each time: order must not matter, nor a second time. */
import { greatestOf } from '../encoding/extremes.js';
import { messageOf } from '../errors.js';
import { latestEnd, type Version } from '../versioning/siblings.js';
import type { Resolved, Strategy } from './strategy.js';

export type CheckedResolution =
  | { readonly kind: 'resolved'; readonly resolved: Resolved }
  /** Values of another shape than the strategy resolves, or too large for it. */
  | { readonly kind: 'kept' }
  /** The strategy broke its contract. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Whose versions a result is shown as, when it is resolved once more. */
const NOBODY = 'nobody.1.000000000000';

/**
 * The one value of all siblings. Values that are alike need no strategy. Anything else is resolved
 * as given and reversed, and once more beside its own result: what is not the same every time would
 * differ from node to node, or never come to rest.
 * @param strategy undefined: there is none here
 * @param bytesMax of all siblings together. The strategy itself has no such limit: the checks give
 * it more than the siblings.
 */
export function resolveChecked(
  strategy: Strategy | undefined,
  siblings: readonly Version[],
  bytesMax: number,
): CheckedResolution {
  const [first, ...others] = siblings;
  if (first === undefined) return { kind: 'kept' };
  if (others.every((other) => sameValue(first, other))) {
    const { contentType, value } = first;
    return { kind: 'resolved', resolved: { contentType, value, expiresAt: latestEnd(siblings) } };
  }
  if (strategy === undefined) return { kind: 'refused', reason: 'this node has no such function' };
  let bytes = 0;
  for (const { value } of siblings) bytes += value.length;
  if (bytes > bytesMax) return { kind: 'kept' };
  try {
    const resolved = strategy(siblings);
    if (!sameResult(resolved, strategy(siblings.toReversed()))) {
      return { kind: 'refused', reason: 'its result depends on the order of the siblings' };
    }
    if (resolved === undefined) return { kind: 'kept' };
    const latest = greatestOf(siblings.map(({ writtenAt }) => writtenAt));
    const [one, two] = [1, 2].map((n) => shownAs(resolved, n, latest + n)) as [Version, Version];
    for (const again of [[one], [one, two], [...siblings, one], [two, one, ...siblings]]) {
      if (sameResult(resolved, strategy(again))) continue;
      return { kind: 'refused', reason: 'it changes its own result when that is resolved again' };
    }
    return { kind: 'resolved', resolved };
  } catch (error) {
    return { kind: 'refused', reason: `it failed: ${messageOf(error)}` };
  }
}

export function sameValue(
  a: Pick<Version, 'contentType' | 'value'>,
  b: Pick<Version, 'contentType' | 'value'>,
): boolean {
  return a.contentType === b.contentType && Buffer.compare(a.value, b.value) === 0;
}

function sameResult(a: Resolved | undefined, b: Resolved | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameValue(a, b);
}

function shownAs({ contentType, value, expiresAt }: Resolved, n: number, at: number): Version {
  const dot = { writer: NOBODY, n };
  return { dot, state: 'value', contentType, value, writtenAt: at, expiresAt };
}
